// SPDX-License-Identifier: MIT
/// @file
/// What a product needs of a factor that is not trained.
#pragma once

#include <ampsft/simd/layer.hpp>

namespace ampsft {

/// A fixed linear map of `n x d` (outputs x inputs), and the two products that a layer takes with it.
///
/// How it is stored, or whether it is stored as one matrix at all, is its own affair. Both products are computed in
/// `T`; shapes and errors as in simd/layer.hpp.
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
  virtual void output(const ConstView<T>& x, View<T> y, WriteMode mode, T scale, const ConstView<T>& bias) const = 0;

  /// `dx = scale dy W`, or added to `dx`.
  virtual void input_gradient(const ConstView<T>& dy, View<T> dx, WriteMode mode, T scale) const = 0;
};

}  // namespace ampsft
