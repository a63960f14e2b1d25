// SPDX-License-Identifier: MIT
/// @file
/// How a tape keeps its matrices.
#pragma once

#include <ampsft/autograd/detail/tape_backward_inl.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace ampsft {

template <Scalar T>
Tape<T>::Tape(TapeMode mode)
    : Tape(mode == TapeMode::planning ? TapeMode::training : mode,
           std::make_shared<Pools>(mode == TapeMode::planning)) {}

template <Scalar T>
Tape<T>::Tape(TapeMode mode, std::shared_ptr<Pools> pools) : mode_(mode), pools_(std::move(pools)) {}

template <Scalar T>
Tape<T>::~Tape() {
  clear();
}

template <Scalar T>
Tape<T>& Tape<T>::inner(TapeMode mode) {
  if (!inner_) {
    inner_.reset(new Tape(mode, pools_));
  }
  inner_->clear();
  inner_->mode_ = mode;
  return *inner_;
}

template <Scalar T>
Variable<T> Tape<T>::leaf(Parameter<T>& parameter) {
  return once(&parameter, -1, [&] {
    Node& node = external(parameter.value);
    node.parameter = &parameter;
    node.requires_grad = parameter.trainable && recording();
    return last();
  });
}

template <Scalar T>
Variable<T> Tape<T>::constant(const Matrix<T>& value) {
  return once(&value, -1, [&] {
    external(value);
    return last();
  });
}

template <Scalar T>
Variable<T> Tape<T>::constant(Matrix<T>&& value) {
  Node& node = next(ampsft::rows(value), ampsft::cols(value));
  node.owned = std::move(value);
  return last();
}

template <Scalar T>
Variable<T> Tape<T>::input(Variable<T> other) {
  Node& node = next(other.rows(), other.cols());
  node.external = planning() ? nullptr : &other.value();
  node.is_input = true;
  node.requires_grad = recording();
  return last();
}

template <Scalar T>
Saved<std::int32_t> Tape<T>::save(std::span<const std::int32_t> indices) {
  Saved<std::int32_t> saved = save_indices(static_cast<Index>(indices.size()));
  if (!planning()) {
    std::copy(indices.begin(), indices.end(), saved.data());
  }
  return saved;
}

template <Scalar T>
void Tape<T>::clear() {
  for (std::size_t i = 0; i < count_; ++i) {
    Node& node = *nodes_[i];
    node.operation.clear();
    recycle(node);
    drop_gradient(node);
    if (node.owned.size() > 0) {
      node.owned = Matrix<T>{};  // a constant's
    }
  }
  count_ = 0;
  shared_.clear();
  spent_ = false;
}

template <Scalar T>
const Matrix<T>& Tape<T>::value(Index id) {
  const Node& wanted = node(id);
  const Matrix<T>& matrix = wanted.external != nullptr ? *wanted.external : wanted.owned;
  require(matrix.size() > 0 || wanted.rows * wanted.cols == 0, "the value of a variable of ", wanted.rows, " x ",
          wanted.cols, " was asked for after it had been released");
  return matrix;
}

template <Scalar T>
void Tape<T>::release(Index id) {
  Node& node = this->node(id);
  if (!node.read_backward) {
    recycle(node);
  }
}

template <Scalar T>
void Tape<T>::recycle(Node& node) {
  if (node.pooled) {
    pools_->matrices.put(node.owned, node.rows * node.cols);
    node.pooled = false;
  }
}

template <Scalar T>
detail::TapeNode<T>& Tape<T>::next(Index rows, Index cols) {
  if (count_ == nodes_.size()) {
    nodes_.push_back(std::make_unique<Node>());  // references stay valid while the list grows
  }
  Node& node = *nodes_[count_++];
  node.rows = rows;
  node.cols = cols;
  node.external = nullptr;
  node.parameter = nullptr;
  node.requires_grad = false;
  node.has_gradient = false;
  node.pooled = false;
  node.read_backward = false;
  node.is_input = false;
  return node;
}

template <Scalar T>
detail::TapeNode<T>& Tape<T>::external(const Matrix<T>& value) {
  Node& node = next(ampsft::rows(value), ampsft::cols(value));
  node.external = &value;
  return node;
}

template <Scalar T>
Variable<T> Tape<T>::kept(const void* key, Index input) {
  const auto found = std::find_if(shared_.rbegin(), shared_.rend(), [&](const SharedVariable& variable) {
    return variable.key == key && variable.input == input;
  });
  return found != shared_.rend() ? Variable<T>(*this, found->id) : Variable<T>();
}

template <Scalar T>
Variable<T> Tape<T>::keep(const void* key, Index input, Variable<T> made) {
  shared_.push_back({key, input, made.id()});
  return made;
}

AMPSFT_INSTANCE(class Tape<float>);
AMPSFT_INSTANCE(class Tape<double>);

}  // namespace ampsft
