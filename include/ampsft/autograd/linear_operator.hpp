// SPDX-License-Identifier: MIT
/// @file
/// What a product needs of a factor that is not trained.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/simd/arithmetic.hpp>
#include <ampsft/simd/matrix_ref.hpp>

namespace ampsft {

/// A fixed linear map of `n x d` (outputs x inputs), and the two products that a layer takes with it.
///
/// How it is stored, or whether it is stored as one matrix at all, is its own affair. Both products are computed in
/// `T`; shapes and errors as in simd/layer.hpp. Either can be taken of some outputs alone, which do not cost the
/// others.
template <Scalar T>
class LinearOperator {
 public:
  LinearOperator() = default;
  LinearOperator(const LinearOperator&) = delete;
  LinearOperator& operator=(const LinearOperator&) = delete;
  virtual ~LinearOperator() = default;

  /// Outputs.
  [[nodiscard]] virtual Index rows() const = 0;

  /// Inputs.
  [[nodiscard]] virtual Index cols() const = 0;

  /// `y = scale x W' + 1 bias'`, or added to `y`; the bias is `1 x n` or has no rows.
  void output(const ConstView<T>& x, View<T> y, WriteMode mode, T scale, const ConstView<T>& bias) const {
    require(y.cols() == rows(), "a linear operator of ", rows(), " outputs cannot fill ", y.cols(), " columns");
    output_part(0, x, y, mode, scale, bias);
  }

  /// `dx = scale dy W`, or added to `dx`.
  void input_gradient(const ConstView<T>& dy, View<T> dx, WriteMode mode, T scale) const {
    require(dy.cols() == rows(), "a linear operator of ", rows(), " outputs cannot take a gradient of ", dy.cols(),
            " columns");
    input_gradient_part(0, dy, dx, mode, scale);
  }

  /// The same with the rows of `W` from `first` on alone, as many as `y` has columns; so has the bias. Throws `Error`
  /// unless there are so many.
  virtual void output_part(Index first, const ConstView<T>& x, View<T> y, WriteMode mode, T scale,
                           const ConstView<T>& bias) const = 0;

  /// The same with the rows of `W` from `first` on alone, as many as `dy` has columns. Throws `Error` unless there are
  /// so many.
  virtual void input_gradient_part(Index first, const ConstView<T>& dy, View<T> dx, WriteMode mode, T scale) const = 0;

 protected:
  void require_part(Index first, Index count) const {
    require(first >= 0 && count >= 0 && count <= rows() - first, "a linear operator of ", rows(),
            " outputs has none from ", first, " to ", first + count);
  }
};

}  // namespace ampsft
