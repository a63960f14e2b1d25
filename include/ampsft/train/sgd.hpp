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
template <Scalar T = float>
class Sgd {
 public:
  /// Throws `Error` for a negative rate or decay, or a momentum outside of [0, 1).
  explicit Sgd(const SgdOptions& options = {});

  void step(const ParameterList<T>& parameters, double factor = 1.0);

  [[nodiscard]] std::vector<OptimizerState<T>> state(const ParameterList<T>& parameters);

  /// Matrices of a parameter's shape that are kept for it.
  [[nodiscard]] static constexpr Index matrices_a_parameter() noexcept { return 1; }

  [[nodiscard]] Index steps() const noexcept { return steps_; }
  void set_steps(Index steps) noexcept { steps_ = steps; }

  [[nodiscard]] std::string describe() const;

 private:
  Matrix<T>& velocity(const Parameter<T>& parameter);

  SgdOptions options_;
  Index steps_ = 0;
  std::map<std::string, Matrix<T>> velocity_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/train/detail/sgd_inl.hpp>
#endif
