// SPDX-License-Identifier: MIT
/// @file
/// Weights that are never trained, kept in fewer bytes than they are computed in.
#pragma once

#include <ampsft/autograd/linear_operator.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/widen.hpp>

#include <algorithm>
#include <concepts>

namespace ampsft {

/// A stored matrix `W` of `n x d` (outputs x inputs) in any format: its products, and its rows as numbers of `T`.
///
/// No product converts more than a panel of the matrix at once.
template <Scalar T>
class FrozenWeight : public LinearOperator<T> {
 public:
  /// Bytes that the stored matrix occupies.
  [[nodiscard]] virtual Index bytes() const = 0;

  /// Row `i`, to `d` numbers.
  virtual void copy_row(Index i, T* to) const = 0;

  /// Rows `first` to `first + count`, one after the other, to `count x d` numbers.
  void copy_rows(Index first, Index count, T* to) const;

  /// A copy of all of it, `n x d`, made by all threads.
  [[nodiscard]] Matrix<T> dequantized() const;
};

/// A frozen weight in bfloat16: half of float's memory, the rounding of 8 bits. The kernels widen it while they pack.
template <Scalar T>
requires std::same_as<T, float>
class Bf16Weight final : public FrozenWeight<T> {
 public:
  /// Rounds to nearest, ties to even. `arithmetic`: of its products (simd/gemm.hpp).
  explicit Bf16Weight(const Matrix<T>& matrix, Arithmetic arithmetic = Arithmetic::full);

  [[nodiscard]] Index rows() const override { return ampsft::rows(values_); }
  [[nodiscard]] Index cols() const override { return ampsft::cols(values_); }
  [[nodiscard]] Index bytes() const override { return static_cast<Index>(values_.size() * sizeof(BFloat16)); }

  void output_part(Index first, const ConstView<T>& x, View<T> y, WriteMode mode, T scale,
                   const ConstView<T>& bias) const override;

  void input_gradient_part(Index first, const ConstView<T>& dy, View<T> dx, WriteMode mode, T scale) const override;

  void copy_row(Index i, T* to) const override { ampsft::widen(values_.data() + i * cols(), cols(), to); }

 private:
  [[nodiscard]] ConstMatrixMap<BFloat16> values(Index first, Index count) const {
    this->require_part(first, count);
    return {values_.data() + first * cols(), count, cols()};
  }

  Arithmetic arithmetic_;
  Matrix<BFloat16> values_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/autograd/detail/frozen_weight_inl.hpp>
#endif
