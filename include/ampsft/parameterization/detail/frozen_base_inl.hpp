// SPDX-License-Identifier: MIT
/// @file
/// Bodies of frozen_base.hpp.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/product.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/linalg/row_block.hpp>
#include <ampsft/parameterization/frozen_base.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace ampsft {

template <Scalar T>
Index NamedBuffer<T>::bytes() const {
  return value != nullptr ? static_cast<Index>(value->size() * sizeof(T)) : other->bytes();
}

template <Scalar T>
const void* NamedBuffer<T>::identity() const noexcept {
  return value != nullptr ? static_cast<const void*>(value) : static_cast<const void*>(other);
}

template <Scalar T>
Product<T> FrozenBase<T>::product(Variable<T> x) const {
  return matrix_ ? Product<T>{x, x.tape().constant(*matrix_)} : Product<T>{x, {}, T{1}, other_.get()};
}

template <Scalar T>
Variable<T> FrozenBase<T>::gather(Tape<T>& tape, std::span<const std::int32_t> row) const {
  return matrix_ ? ampsft::gather(tape.constant(*matrix_), row) : gather_frozen(tape, *other_, row);
}

template <Scalar T>
Variable<T> FrozenBase<T>::whole(Tape<T>& tape) const {
  return matrix_ ? tape.constant(*matrix_) : tape.constant(other_->dequantized());
}

template <Scalar T>
RowBlock<T> FrozenBase<T>::rows_named(std::string name) const {
  if (matrix_) {
    return {std::move(name), map(*matrix_)};
  }
  return {std::move(name), rows(), cols(),
          [other = other_](Index first, Index count, T* to) { other->copy_rows(first, count, to); }};
}

AMPSFT_INSTANCE(struct NamedBuffer<float>);
AMPSFT_INSTANCE(struct NamedBuffer<double>);
AMPSFT_INSTANCE(class FrozenBase<float>);
AMPSFT_INSTANCE(class FrozenBase<double>);

}  // namespace ampsft
