// SPDX-License-Identifier: MIT
/// @file
/// Bodies of frozen_weight.hpp.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/linear_operator.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/widen.hpp>
#include <ampsft/simd/gemm.hpp>
#include <ampsft/simd/layer.hpp>

#include <algorithm>
#include <concepts>

namespace ampsft {

template <Scalar T>
void FrozenWeight<T>::copy_rows(Index first, Index count, T* to) const {
  for (Index i = 0; i < count; ++i) {
    copy_row(first + i, to + i * this->cols());
  }
}

template <Scalar T>
Matrix<T> FrozenWeight<T>::dequantized() const {
  Matrix<T> matrix = make_matrix<T>(this->rows(), this->cols());
  parallel_for(this->rows(), 16,
               [&](Index begin, Index end) { copy_rows(begin, end - begin, matrix.data() + begin * this->cols()); });
  return matrix;
}

template <Scalar T>
requires std::same_as<T, float> Bf16Weight<T>::Bf16Weight(const Matrix<T>& matrix, Arithmetic arithmetic)
    : arithmetic_(arithmetic), values_(make_matrix<BFloat16>(ampsft::rows(matrix), ampsft::cols(matrix))) {
  std::transform(matrix.storage().begin(), matrix.storage().end(), values_.storage().begin(),
                 [](T value) { return static_cast<BFloat16>(value); });
}

template <Scalar T>
requires std::same_as<T, float>
void Bf16Weight<T>::output_part(Index first, const ConstView<T>& x, View<T> y, WriteMode mode, T scale,
                                const ConstView<T>& bias) const {
  const auto part = values(first, y.cols());
  if (x.rows() <= few && arithmetic_ == Arithmetic::full) {
    layer_output_of_few<T, BFloat16>(x, part, y, mode, scale, bias);
    return;
  }
  gemm<T, BFloat16>(Factor<T>::plain(x), Factor<BFloat16>::transposed(part), y, mode, scale, bias, arithmetic_);
}

template <Scalar T>
requires std::same_as<T, float>
void Bf16Weight<T>::input_gradient_part(Index first, const ConstView<T>& dy, View<T> dx, WriteMode mode,
                                        T scale) const {
  gemm<T, BFloat16>(Factor<T>::plain(dy), Factor<BFloat16>::plain(values(first, dy.cols())), dx, mode, scale,
                    ConstMatrixMap<T>(nullptr, 0, 0), arithmetic_);
}

AMPSFT_INSTANCE(class FrozenWeight<float>);
AMPSFT_INSTANCE(class FrozenWeight<double>);
AMPSFT_INSTANCE(class Bf16Weight<float>);

}  // namespace ampsft
