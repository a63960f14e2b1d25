// SPDX-License-Identifier: MIT
/// @file
/// A linear layer over any parameterisation.
#pragma once

#include <ampsft/autograd/ops/linear_cross_entropy.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/weight_source.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace ampsft {

/// `y = x W' + 1 b'`, the bias optional.
template <Scalar T>
struct Linear {
  Weight<T> weight;                    ///< outputs x inputs
  std::unique_ptr<Parameter<T>> bias;  ///< 1 x outputs, or none

  /// Names are `<name>.weight` and `<name>.bias`; the bias starts at 0.
  Linear(const std::string& name, Matrix<T> matrix, bool with_bias)
      : Linear(Weight<T>(name + ".weight", std::move(matrix)), name + ".bias", with_bias) {}

  /// The weight comes from `source`; names as above.
  Linear(WeightSource<T>& source, const std::string& name, Index outputs, Index inputs, bool with_bias, double stddev)
      : Linear(source.weight(name + ".weight", outputs, inputs, stddev), name + ".bias", with_bias) {}

  Linear(Weight<T> shared_weight, const std::string& bias_name, bool with_bias);

  /// The mean cross-entropy of `forward(x)` against `targets`, 1 x 1, whose logits never exist all at once. `cap`: of
  /// the logits, as in `soft_cap`, or 0 for none.
  [[nodiscard]] Variable<T> loss(Variable<T> x, std::span<const std::int32_t> targets, T cap = T{0}) const;

  /// `x` is `T x inputs`, the result `T x outputs`.
  [[nodiscard]] Variable<T> forward(Variable<T> x) const;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/linear_inl.hpp>
#endif
