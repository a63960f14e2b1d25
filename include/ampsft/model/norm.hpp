// SPDX-License-Identifier: MIT
/// @file
/// A normalisation of rows with its gain, and its bias where it has one.
#pragma once

#include <ampsft/autograd/ops/layer_norm.hpp>
#include <ampsft/autograd/ops/rms_norm.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>

#include <memory>
#include <string>

namespace ampsft {

/// Layer or RMS normalisation over `size` elements; gain 1 and bias 0 at the start.
template <Scalar T>
struct Norm {
  NormKind kind;
  std::unique_ptr<Parameter<T>> gain;
  std::unique_ptr<Parameter<T>> bias;  ///< or none
  double epsilon;

  /// Of the config's kind, over the residual stream. Names are `<name>.weight` and `<name>.bias`.
  Norm(const std::string& name, const ModelConfig& config)
      : Norm(name, config.hidden_size, config.norm, config.norm_epsilon,
             config.norm == NormKind::layer && config.norm_bias) {}

  Norm(const std::string& name, Index size, NormKind norm_kind, double added_to_variance, bool with_bias);

  /// `x` is `T x (n size)`: an RMS normalisation takes every `size` columns, a head, for itself.
  [[nodiscard]] Variable<T> forward(Variable<T> x) const;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/norm_inl.hpp>
#endif
