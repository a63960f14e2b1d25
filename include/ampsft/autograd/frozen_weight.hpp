// SPDX-License-Identifier: MIT
/// @file
/// Weights that are never trained, kept in fewer bytes than they are computed in.
#pragma once

#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/widen.hpp>
#include <ampsft/simd/layer.hpp>

#include <algorithm>
#include <concepts>

namespace ampsft {

/// A weight matrix `W` of `n x d` (outputs x inputs) that lies in any form, and the products that a layer needs of it.
///
/// All are computed in `T`; nothing larger than a panel of the matrix is ever converted at once. Shapes and errors as
/// in simd/layer.hpp.
template <Scalar T>
class FrozenWeight {
 public:
  FrozenWeight() = default;
  FrozenWeight(const FrozenWeight&) = delete;
  FrozenWeight& operator=(const FrozenWeight&) = delete;
  virtual ~FrozenWeight() = default;

  [[nodiscard]] virtual Index rows() const = 0;
  [[nodiscard]] virtual Index cols() const = 0;
  [[nodiscard]] virtual Index bytes() const = 0;

  /// `y = scale x W' + 1 bias'`, or added to `y`; the bias is `1 x n` or has no rows.
  virtual void output(const ConstView<T>& x, View<T> y, WriteMode mode, T scale, const ConstView<T>& bias) const = 0;

  /// `dx = scale dy W`, or added to `dx`.
  virtual void input_gradient(const ConstView<T>& dy, View<T> dx, WriteMode mode, T scale) const = 0;

  /// Row `i`, to `d` numbers.
  virtual void copy_row(Index i, T* to) const = 0;

  /// All of it, `n x d`.
  [[nodiscard]] Matrix<T> dequantized() const {
    Matrix<T> matrix = make_matrix<T>(rows(), cols());
    parallel_for(rows(), 16, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        copy_row(i, matrix.data() + i * cols());
      }
    });
    return matrix;
  }
};

/// A frozen weight in bfloat16: half of float's memory, the rounding of 8 bits. The kernels widen it while they pack.
template <Scalar T>
requires std::same_as<T, float>
class Bf16Weight final : public FrozenWeight<T> {
 public:
  /// Rounds to nearest, ties to even. `arithmetic`: of its products (simd/gemm.hpp).
  explicit Bf16Weight(const Matrix<T>& matrix, Arithmetic arithmetic = Arithmetic::full)
      : arithmetic_(arithmetic), values_(make_matrix<BFloat16>(ampsft::rows(matrix), ampsft::cols(matrix))) {
    std::transform(matrix.storage().begin(), matrix.storage().end(), values_.storage().begin(),
                   [](T value) { return static_cast<BFloat16>(value); });
  }

  [[nodiscard]] Index rows() const override { return ampsft::rows(values_); }
  [[nodiscard]] Index cols() const override { return ampsft::cols(values_); }
  [[nodiscard]] Index bytes() const override { return static_cast<Index>(values_.size() * sizeof(BFloat16)); }

  void output(const ConstView<T>& x, View<T> y, WriteMode mode, T scale, const ConstView<T>& bias) const override {
    if (x.rows() <= few && arithmetic_ == Arithmetic::full) {
      layer_output_of_few<T, BFloat16>(x, map(values_), y, mode, scale, bias);
      return;
    }
    gemm<T, BFloat16>(Factor<T>::plain(x), Factor<BFloat16>::transposed(map(values_)), y, mode, scale, bias,
                      arithmetic_);
  }

  void input_gradient(const ConstView<T>& dy, View<T> dx, WriteMode mode, T scale) const override {
    gemm<T, BFloat16>(Factor<T>::plain(dy), Factor<BFloat16>::plain(map(values_)), dx, mode, scale,
                      ConstMatrixMap<T>(nullptr, 0, 0), arithmetic_);
  }

  void copy_row(Index i, T* to) const override { ampsft::widen(values_.data() + i * cols(), cols(), to); }

 private:
  Arithmetic arithmetic_;
  Matrix<BFloat16> values_;
};

}  // namespace ampsft
