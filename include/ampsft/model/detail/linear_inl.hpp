// SPDX-License-Identifier: MIT
/// @file
/// Bodies of linear.hpp.
#pragma once

#include <ampsft/autograd/ops/linear_cross_entropy.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/linear.hpp>
#include <ampsft/model/weight_source.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace ampsft {

template <Scalar T>
Linear<T>::Linear(Weight<T> shared_weight, const std::string& bias_name, bool with_bias)
    : weight(std::move(shared_weight)),
      bias(with_bias ? std::make_unique<Parameter<T>>(Parameter<T>::vector(bias_name, weight.rows(), T{0})) : nullptr) {
}

template <Scalar T>
Variable<T> Linear<T>::loss(Variable<T> x, std::span<const std::int32_t> targets, T cap) const {
  return linear_cross_entropy<T>(weight.products(x), bias ? x.tape().leaf(*bias) : Variable<T>{}, targets, cap);
}

template <Scalar T>
Variable<T> Linear<T>::forward(Variable<T> x) const {
  return weight.forward(x, bias ? x.tape().leaf(*bias) : Variable<T>{});
}

AMPSFT_INSTANCE(struct Linear<float>);
AMPSFT_INSTANCE(struct Linear<double>);

}  // namespace ampsft
