// SPDX-License-Identifier: MIT
/// @file
/// Bodies of mlp.hpp.
#pragma once

#include <ampsft/autograd/ops/gated.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/linear.hpp>
#include <ampsft/model/mlp.hpp>
#include <ampsft/model/weight_source.hpp>

#include <optional>
#include <string>

namespace ampsft {

template <Scalar T>
Mlp<T>::Mlp(const std::string& name, const ModelConfig& c, const LayerConfig& layer, double down_stddev,
            WeightSource<T>& source)
    : gate(make_gate(name, c, layer, source)),
      up(source, name + ".up", c.intermediate_size, c.hidden_size, c.mlp_bias, c.initial_stddev),
      down(source, name + ".down", c.hidden_size, c.intermediate_size, c.mlp_bias, down_stddev) {}

template <Scalar T>
Variable<T> Mlp<T>::forward(Variable<T> x, Activation activation, bool keeps_input) const {
  const Variable<T> gating = gate ? gate->forward(x) : Variable<T>{};
  const Variable<T> wide = up.forward(x);
  if (!keeps_input) {
    x.release();
  }
  const Variable<T> active = gate ? gated(gating, wide, gated_form(activation))
                                  : gelu(wide, activation == Activation::gelu_erf ? GeluForm::erf : GeluForm::tanh);
  gating.release();
  wide.release();
  const Variable<T> y = down.forward(active);
  active.release();
  return y;
}

template <Scalar T>
GatedActivation Mlp<T>::gated_form(Activation activation) noexcept {
  return activation == Activation::silu       ? GatedActivation::silu
         : activation == Activation::gelu_erf ? GatedActivation::gelu_erf
                                              : GatedActivation::gelu_tanh;
}

template <Scalar T>
std::optional<Linear<T>> Mlp<T>::make_gate(const std::string& name, const ModelConfig& c, const LayerConfig& layer,
                                           WeightSource<T>& source) {
  return layer.gated ? std::optional<Linear<T>>(std::in_place, source, name + ".gate", c.intermediate_size,
                                                c.hidden_size, c.mlp_bias, c.initial_stddev)
                     : std::nullopt;
}

AMPSFT_INSTANCE(struct Mlp<float>);
AMPSFT_INSTANCE(struct Mlp<double>);

}  // namespace ampsft
