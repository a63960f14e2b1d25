// SPDX-License-Identifier: MIT
/// @file
/// A layer normalisation with its gain and bias.
#pragma once

#include <ampsft/autograd/ops/layer_norm.hpp>

#include <memory>
#include <string>

namespace ampsft {

/// Layer normalisation over rows of `width` elements; gain 1 and bias 0 at the start.
template <Scalar T>
struct LayerNorm {
  std::unique_ptr<Parameter<T>> gain;
  std::unique_ptr<Parameter<T>> bias;  ///< or none
  double epsilon;

  /// Names are `<name>.weight` and `<name>.bias`.
  LayerNorm(const std::string& name, Index width, bool with_bias, double added_to_variance)
      : gain(std::make_unique<Parameter<T>>(Parameter<T>::vector(name + ".weight", width, T{1}))),
        bias(with_bias ? std::make_unique<Parameter<T>>(Parameter<T>::vector(name + ".bias", width, T{0})) : nullptr),
        epsilon(added_to_variance) {}

  [[nodiscard]] Variable<T> forward(Variable<T> x) const {
    return layer_norm(x, x.tape().leaf(*gain), bias ? x.tape().leaf(*bias) : Variable<T>{}, epsilon);
  }
};

}  // namespace ampsft
