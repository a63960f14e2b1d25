// SPDX-License-Identifier: MIT
/// @file
/// How a tape runs backward.
#pragma once

#include <ampsft/autograd/tape.hpp>

#include <utility>

namespace ampsft {

template <Scalar T>
void Tape<T>::backward(Variable<T> loss, T seed) {
  require_fresh(loss);
  require(loss.rows() == 1 && loss.cols() == 1, "backward: the loss must be 1 x 1, not ", loss.rows(), " x ",
          loss.cols());
  const GradientSink<T> sink = this->sink(loss.id());
  if (!planning()) {
    sink.add(EigenMatrix<T>::Constant(1, 1, seed));
  }
  run_backward(loss);
}

template <Scalar T>
void Tape<T>::backward(Variable<T> result, const Matrix<T>& seed) {
  require_fresh(result);
  const GradientSink<T> sink = this->sink(result.id());
  if (!planning()) {
    require(ampsft::rows(seed) == result.rows() && ampsft::cols(seed) == result.cols(), "backward: a gradient of ",
            ampsft::rows(seed), " x ", ampsft::cols(seed), " for a result of ", result.rows(), " x ", result.cols());
    sink.add(map(seed));
  }
  run_backward(result);
}

template <Scalar T>
void Tape<T>::require_fresh(Variable<T> result) {
  require(result && &result.tape() == this && result.id() < static_cast<Index>(count_),
          "backward: the loss is not on this tape, or the tape was cleared since");
  require(!spent_, "backward: this tape ran backward before and its values are gone; clear() it and compute the ",
          "loss again");
  require(result.requires_grad(), "backward: the loss depends on no trainable parameter");
}

template <Scalar T>
void Tape<T>::run_backward(Variable<T> result) {
  spent_ = true;
  for (Index id = result.id(); id >= 0; --id) {
    Node& current = node(id);
    if (current.operation && current.has_gradient) {
      if (planning()) {
        current.operation.plan_backward();
      } else {
        current.operation.backward(current.owned, current.gradient);
      }
    }
    current.operation.clear();
    if (id != result.id()) {
      recycle(current);
    }
    if (!current.is_input) {
      drop_gradient(current);
    }
  }
}

template <Scalar T>
void Tape<T>::drop_gradient(Node& node) {
  if (node.has_gradient && node.parameter == nullptr) {
    pools_->matrices.put(node.gradient, node.rows * node.cols);
  }
  node.has_gradient = false;
}

template <Scalar T>
GradientSink<T> Tape<T>::sink(Index id) {
  Node& target = node(id);
  if (target.parameter == nullptr) {
    if (!target.has_gradient) {
      target.gradient = pools_->matrices.take(target.rows, target.cols);
    }
    return {target.gradient, !std::exchange(target.has_gradient, true)};
  }
  target.has_gradient = true;
  Parameter<T>& parameter = *target.parameter;
  if (planning()) {
    return {target.gradient, true};
  }
  if (parameter.gradient.size() != parameter.value.size()) {
    parameter.gradient = make_matrix<T>(target.rows, target.cols);
  }
  return {parameter.gradient, !std::exchange(parameter.has_gradient, true)};
}

template <Scalar T>
Saved<T> Tape<T>::gradient_memory(Index id) {
  const Node& target = node(id);
  if (target.parameter == nullptr) {
    return save(target.rows, target.cols);
  }
  if (planning()) {
    return {};
  }
  Parameter<T>& parameter = *target.parameter;
  if (parameter.has_gradient) {
    return save(target.rows, target.cols);
  }
  const bool idle = parameter.gradient.size() == parameter.value.size();
  return Saved<T>(idle ? std::exchange(parameter.gradient, Matrix<T>{}) : make_matrix<T>(target.rows, target.cols));
}

template <Scalar T>
void Tape<T>::give(Index id, Saved<T>& gradient) {
  Node& target = node(id);
  if (planning() && target.parameter != nullptr) {
    target.has_gradient = true;
    return;
  }
  Matrix<T>& place = target.parameter != nullptr ? target.parameter->gradient : target.gradient;
  bool& filled = target.parameter != nullptr ? target.parameter->has_gradient : target.has_gradient;
  if (!filled) {
    place = gradient.take();
  } else if (!planning()) {
    map(place) += map(*gradient);
  }
  filled = true;
  target.has_gradient = true;
}

template <Scalar T>
Matrix<T>& Tape<T>::gradient(Index id) {
  Node& target = node(id);
  require(target.is_input && target.has_gradient,
          "the gradient of a variable was asked for that is no input of the tape, or that no backward pass reached");
  return target.gradient;
}

}  // namespace ampsft
