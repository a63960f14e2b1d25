// SPDX-License-Identifier: MIT
/// @file
/// Stochastic gradient descent with momentum.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/train/optimizer.hpp>

#include <map>

namespace ampsft {

/// Settings of SGD.
struct SgdOptions {
  double learning_rate = 1e-2;
  double momentum = 0.9;
  double weight_decay = 0.0;  ///< decoupled, of parameters that decay
};

/// `u = momentum u + g`, `p -= lr (u + decay p)` (Polyak 1964; the same rule as PyTorch's but for the decoupled decay).
///
/// Memory: one matrix a trainable parameter.
template <Scalar T>
class Sgd {
 public:
  /// Throws `Error` for a negative rate or decay, or a momentum outside of [0, 1).
  explicit Sgd(const SgdOptions& options = {}) : options_(options) {
    require(options.learning_rate >= 0.0 && options.weight_decay >= 0.0,
            "SGD: learning rate and weight decay must not be negative");
    require(options.momentum >= 0.0 && options.momentum < 1.0, "SGD: the momentum must be in [0, 1)");
  }

  void step(const ParameterList<T>& parameters, double factor = 1.0) {
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

  [[nodiscard]] std::vector<OptimizerState<T>> state(const ParameterList<T>& parameters) {
    std::vector<OptimizerState<T>> list;
    for (auto* parameter : parameters) {
      if (parameter->trainable) {
        list.push_back({parameter->name + ".u", &velocity(*parameter)});
      }
    }
    return list;
  }

  /// Matrices of a parameter's shape that are kept for it.
  [[nodiscard]] static constexpr Index matrices_a_parameter() noexcept { return 1; }

  [[nodiscard]] Index steps() const noexcept { return steps_; }
  void set_steps(Index steps) noexcept { steps_ = steps; }

  [[nodiscard]] std::string describe() const {
    return concat("sgd lr=", options_.learning_rate, " momentum=", options_.momentum, " decay=", options_.weight_decay);
  }

 private:
  Matrix<T>& velocity(const Parameter<T>& parameter) {
    Matrix<T>& own = velocity_[parameter.name];
    detail::zero_like(own, parameter);
    return own;
  }

  SgdOptions options_;
  Index steps_ = 0;
  std::map<std::string, Matrix<T>> velocity_;
};

AMPSFT_INSTANCE(class Sgd<float>);
AMPSFT_INSTANCE(class Sgd<double>);

}  // namespace ampsft
