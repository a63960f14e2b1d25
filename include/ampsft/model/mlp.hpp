// SPDX-License-Identifier: MIT
/// @file
/// The MLP of a block, gated or not.
#pragma once

#include <ampsft/autograd/ops/gated.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/linear.hpp>
#include <ampsft/model/weight_source.hpp>

#include <optional>
#include <string>

namespace ampsft {

/// `down(activation(gate x) * up x)`, or `down(activation(up x))` without a gate.
template <Scalar T>
struct Mlp {
  std::optional<Linear<T>> gate;
  Linear<T> up;
  Linear<T> down;

  Mlp(const std::string& name, const ModelConfig& c, const LayerConfig& layer, double down_stddev,
      WeightSource<T>& source);

  /// Releases `x`, unless it is to be kept.
  [[nodiscard]] Variable<T> forward(Variable<T> x, Activation activation, bool keeps_input) const;

 private:
  static GatedActivation gated_form(Activation activation) noexcept;

  static std::optional<Linear<T>> make_gate(const std::string& name, const ModelConfig& c, const LayerConfig& layer,
                                            WeightSource<T>& source);
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/mlp_inl.hpp>
#endif
