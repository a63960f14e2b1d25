// SPDX-License-Identifier: MIT
/// @file
/// Bodies of norm.hpp.
#pragma once

#include <ampsft/autograd/ops/layer_norm.hpp>
#include <ampsft/autograd/ops/rms_norm.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/norm.hpp>

#include <memory>
#include <string>

namespace ampsft {

template <Scalar T>
Norm<T>::Norm(const std::string& name, Index size, NormKind norm_kind, double added_to_variance, bool with_bias)
    : kind(norm_kind),
      gain(std::make_unique<Parameter<T>>(Parameter<T>::vector(name + ".weight", size, T{1}))),
      bias(with_bias ? std::make_unique<Parameter<T>>(Parameter<T>::vector(name + ".bias", size, T{0})) : nullptr),
      epsilon(added_to_variance) {}

template <Scalar T>
Variable<T> Norm<T>::forward(Variable<T> x) const {
  const Variable<T> gains = x.tape().leaf(*gain);
  return kind == NormKind::rms ? rms_norm(x, gains, epsilon)
                               : layer_norm(x, gains, bias ? x.tape().leaf(*bias) : Variable<T>{}, epsilon);
}

AMPSFT_INSTANCE(struct Norm<float>);
AMPSFT_INSTANCE(struct Norm<double>);

}  // namespace ampsft
