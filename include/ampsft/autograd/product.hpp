// SPDX-License-Identifier: MIT
/// @file
/// The products that layers are sums of.
#pragma once

#include <ampsft/autograd/linear_operator.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/layer.hpp>

#include <array>

namespace ampsft {

/// One product ``scale * x w'``: `x` is `T x d`; `w` is `n x d`. `frozen`, where it is given instead of `w`, is a fixed
/// operator of that shape, which must outlive the tape's use.
template <Scalar T>
struct Product {
  Variable<T> x;
  Variable<T> w;
  T scale = T{1};
  const LinearOperator<T>* frozen = nullptr;

  /// Whether there is a product.
  explicit operator bool() const noexcept { return static_cast<bool>(x); }

  [[nodiscard]] Index outputs() const { return frozen != nullptr ? frozen->rows() : w.rows(); }
  [[nodiscard]] Index width() const { return frozen != nullptr ? frozen->cols() : w.cols(); }

  /// `visit(variable, Reads)` for what is there; `reads_input`: whether the backward pass of the weight reads `x`.
  template <class Visit>
  void inputs(Visit&& visit, bool reads_input = true) const {
    if (x) {
      visit(x, reads_input && w.requires_grad() ? NeedsInput::value : NeedsInput::shape);
      if (frozen == nullptr) {
        visit(w, reads_input && x.requires_grad() ? NeedsInput::value : NeedsInput::shape);
      }
    }
  }

  /// `y = scale rows w' + 1 bias'`, or added to `y`, for some rows of `x`, with the rows of `w` from `first` on, as
  /// many as `y` has columns; the bias is that of those.
  void output(const ConstMatrixMap<T>& rows, MatrixMap<T> y, WriteMode mode, const ConstMatrixMap<T>& bias,
              Index first = 0) const;

  /// `dx = scale dy w`, or added to `dx`, with the rows of `w` from `first` on, as many as `dy` has columns.
  void input_gradient(const ConstMatrixMap<T>& dy, MatrixMap<T> dx, WriteMode mode, Index first = 0) const;

  /// `dw = scale dy' rows`, or added to `dw`; `dw` may be some rows, those of `dy`'s columns.
  void weight_gradient(const ConstMatrixMap<T>& dy, const ConstMatrixMap<T>& rows, MatrixMap<T> dw,
                       WriteMode mode) const;
};

/// What a layer multiplies: a sum of up to two products; the second may be empty.
template <Scalar T>
using ProductSum = std::array<Product<T>, 2>;

/// Throws unless the products and the bias fit each other.
template <Scalar T>
void require_terms(const ProductSum<T>& products, Variable<T> bias);

/// `sum = 1' dy`, or added to `sum`: the gradient of a bias.
template <Scalar T>
void column_sums(const ConstMatrixMap<T>& dy, MatrixMap<T> sum, WriteMode mode);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/autograd/detail/product_inl.hpp>
#endif
