// SPDX-License-Identifier: MIT
/// @file
/// Bodies of sgd.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/train/optimizer.hpp>
#include <ampsft/train/sgd.hpp>

#include <map>

namespace ampsft {

template <Scalar T>
Sgd<T>::Sgd(const SgdOptions& options) : options_(options) {
  require(options.learning_rate >= 0.0 && options.weight_decay >= 0.0,
          "SGD: learning rate and weight decay must not be negative");
  require(options.momentum >= 0.0 && options.momentum < 1.0, "SGD: the momentum must be in [0, 1)");
}

template <Scalar T>
void Sgd<T>::step(const ParameterList<T>& parameters, double factor) {
  ++steps_;
  const double rate = options_.learning_rate * factor;
  const T momentum = static_cast<T>(options_.momentum);
  detail::for_each_update(parameters, [&](Parameter<T>& parameter) {
    Matrix<T>& u = velocity(parameter);
    const T keep = static_cast<T>(1.0 - (parameter.decays ? rate * options_.weight_decay : 0.0));
    parallel_for(parameter.size(), 16384, [&](Index begin, Index end) {
      auto velocity = flat(u).segment(begin, end - begin);
      auto p = flat(parameter.value).segment(begin, end - begin);
      velocity = momentum * velocity + flat(parameter.gradient).segment(begin, end - begin);
      p = keep * p - static_cast<T>(rate) * velocity;
    });
  });
}

template <Scalar T>
std::vector<OptimizerState<T>> Sgd<T>::state(const ParameterList<T>& parameters) {
  std::vector<OptimizerState<T>> list;
  for (auto* parameter : parameters) {
    if (parameter->trainable) {
      list.push_back({parameter->name + ".u", &velocity(*parameter)});
    }
  }
  return list;
}

template <Scalar T>
std::string Sgd<T>::describe() const {
  return concat("sgd lr=", options_.learning_rate, " momentum=", options_.momentum, " decay=", options_.weight_decay);
}

template <Scalar T>
Matrix<T>& Sgd<T>::velocity(const Parameter<T>& parameter) {
  Matrix<T>& own = velocity_[parameter.name];
  detail::zero_like(own, parameter);
  return own;
}

AMPSFT_INSTANCE(class Sgd<float>);
AMPSFT_INSTANCE(class Sgd<double>);

}  // namespace ampsft
