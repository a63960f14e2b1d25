// SPDX-License-Identifier: MIT
/// @file
/// Bodies of dense.hpp.
#pragma once

#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/concept.hpp>
#include <ampsft/parameterization/dense.hpp>

#include <memory>
#include <utility>

namespace ampsft {

template <Scalar T>
FrozenBase<T> DenseParameterization<T>::base() const {
  return std::shared_ptr<const Matrix<T>>(weight_, &weight_->value);
}

template <Scalar T>
Variable<T> DenseParameterization<T>::gather(Tape<T>& tape, std::span<const std::int32_t> row) {
  return ampsft::gather(tape.leaf(*weight_), row);
}

AMPSFT_INSTANCE(class DenseParameterization<float>);
AMPSFT_INSTANCE(class DenseParameterization<double>);

}  // namespace ampsft
