// SPDX-License-Identifier: MIT
/// @file
/// Bodies of adamw.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/adamw.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/optimizer.hpp>

#include <cmath>
#include <map>
#include <span>

namespace ampsft {

template <Scalar T>
AdamW<T>::AdamW(const AdamWOptions& options) : options_(options) {
  require(options.learning_rate >= 0.0 && options.weight_decay >= 0.0,
          "AdamW: learning rate and weight decay must not be negative");
  require(options.beta1 >= 0.0 && options.beta1 < 1.0 && options.beta2 >= 0.0 && options.beta2 < 1.0,
          "AdamW: the betas must be in [0, 1)");
  require(options.epsilon > 0.0, "AdamW: epsilon must be positive");
}

template <Scalar T>
void AdamW<T>::step(const ParameterList<T>& parameters, double factor) {
  ++steps_;
  const double rate = options_.learning_rate * factor;
  AdamWRates<T> rates{};
  rates.beta1 = static_cast<T>(options_.beta1);
  rates.beta2 = static_cast<T>(options_.beta2);
  rates.step_size = static_cast<T>(rate / (1.0 - std::pow(options_.beta1, static_cast<double>(steps_))));
  rates.v_scale = static_cast<T>(1.0 / (1.0 - std::pow(options_.beta2, static_cast<double>(steps_))));
  rates.epsilon = static_cast<T>(options_.epsilon);
  detail::for_each_update(parameters, [&](Parameter<T>& parameter) {
    auto& [m, v] = moments(parameter);
    rates.keep = static_cast<T>(1.0 - (parameter.decays ? rate * options_.weight_decay : 0.0));
    const auto all = [](auto& matrix) { return std::span(matrix.data(), matrix.size()); };
    adamw_step<T>(all(parameter.gradient), all(m), all(v), all(parameter.value), rates);
  });
}

template <Scalar T>
std::vector<OptimizerState<T>> AdamW<T>::state(const ParameterList<T>& parameters) {
  std::vector<OptimizerState<T>> list;
  for (auto* parameter : parameters) {
    if (parameter->trainable) {
      auto& [m, v] = moments(*parameter);
      list.push_back({parameter->name + ".m", &m});
      list.push_back({parameter->name + ".v", &v});
    }
  }
  return list;
}

template <Scalar T>
std::string AdamW<T>::describe() const {
  return concat("adamw lr=", options_.learning_rate, " betas=", options_.beta1, ",", options_.beta2,
                " eps=", options_.epsilon, " decay=", options_.weight_decay);
}

template <Scalar T>
typename AdamW<T>::Moments& AdamW<T>::moments(const Parameter<T>& parameter) {
  Moments& own = moments_[parameter.name];
  detail::zero_like(own.m, parameter);
  detail::zero_like(own.v, parameter);
  return own;
}

AMPSFT_INSTANCE(class AdamW<float>);
AMPSFT_INSTANCE(class AdamW<double>);

}  // namespace ampsft
