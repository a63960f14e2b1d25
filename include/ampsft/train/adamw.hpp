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
template <Scalar T = float>
class AdamW {
 public:
  /// Throws `Error` for a negative rate or decay, betas outside of [0, 1), or an epsilon that is not positive.
  explicit AdamW(const AdamWOptions& options = {});

  void step(const ParameterList<T>& parameters, double factor = 1.0);

  [[nodiscard]] std::vector<OptimizerState<T>> state(const ParameterList<T>& parameters);

  /// Matrices of a parameter's shape that are kept for it.
  [[nodiscard]] static constexpr Index matrices_a_parameter() noexcept { return 2; }

  [[nodiscard]] Index steps() const noexcept { return steps_; }
  void set_steps(Index steps) noexcept { steps_ = steps; }

  [[nodiscard]] const AdamWOptions& options() const noexcept { return options_; }

  [[nodiscard]] std::string describe() const;

 private:
  struct Moments {
    Matrix<T> m;
    Matrix<T> v;
  };

  Moments& moments(const Parameter<T>& parameter);

  AdamWOptions options_;
  Index steps_ = 0;
  std::map<std::string, Moments> moments_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/train/detail/adamw_inl.hpp>
#endif
