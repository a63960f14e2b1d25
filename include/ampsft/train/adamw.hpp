// SPDX-License-Identifier: MIT
/// @file
/// Adam with decoupled weight decay.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/adamw.hpp>
#include <ampsft/train/optimizer.hpp>

#include <cmath>
#include <map>
#include <span>

namespace ampsft {

/// Settings of AdamW.
struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0.0;  ///< of parameters that decay: matrices yes; biases and normalisation gains no
};

/// `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p -= lr (m^ / (sqrt(v^) + eps) + decay p)`, with `m^`, `v^`
/// corrected for their start at zero; one pass over each parameter.
///
/// Memory: two matrices a trainable parameter. Source: Loshchilov and Hutter 2019; the same rule as PyTorch's.
template <Scalar T>
class AdamW {
 public:
  /// Throws `Error` for a negative rate or decay, betas outside of [0, 1), or an epsilon that is not positive.
  explicit AdamW(const AdamWOptions& options = {}) : options_(options) {
    require(options.learning_rate >= 0.0 && options.weight_decay >= 0.0,
            "AdamW: learning rate and weight decay must not be negative");
    require(options.beta1 >= 0.0 && options.beta1 < 1.0 && options.beta2 >= 0.0 && options.beta2 < 1.0,
            "AdamW: the betas must be in [0, 1)");
    require(options.epsilon > 0.0, "AdamW: epsilon must be positive");
  }

  void step(const ParameterList<T>& parameters, double factor = 1.0) {
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

  [[nodiscard]] std::vector<OptimizerState<T>> state(const ParameterList<T>& parameters) {
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

  /// Matrices of a parameter's shape that are kept for it.
  [[nodiscard]] static constexpr Index matrices_a_parameter() noexcept { return 2; }

  [[nodiscard]] Index steps() const noexcept { return steps_; }
  void set_steps(Index steps) noexcept { steps_ = steps; }

  [[nodiscard]] const AdamWOptions& options() const noexcept { return options_; }

  [[nodiscard]] std::string describe() const {
    return concat("adamw lr=", options_.learning_rate, " betas=", options_.beta1, ",", options_.beta2,
                  " eps=", options_.epsilon, " decay=", options_.weight_decay);
  }

 private:
  struct Moments {
    Matrix<T> m;
    Matrix<T> v;
  };

  Moments& moments(const Parameter<T>& parameter) {
    Moments& own = moments_[parameter.name];
    detail::zero_like(own.m, parameter);
    detail::zero_like(own.v, parameter);
    return own;
  }

  AdamWOptions options_;
  Index steps_ = 0;
  std::map<std::string, Moments> moments_;
};

AMPSFT_INSTANCE(class AdamW<float>);
AMPSFT_INSTANCE(class AdamW<double>);

}  // namespace ampsft
