// SPDX-License-Identifier: MIT
/// @file
/// The products that layers are sums of.
#pragma once

#include <ampsft/autograd/linear_operator.hpp>
#include <ampsft/autograd/tape.hpp>
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
              Index first = 0) const {
    if (frozen != nullptr) {
      frozen->output_part(first, rows, y, mode, scale, bias);
    } else {
      layer_output<T>(rows, w.map().middleRows(first, y.cols()), y, mode, scale, bias);
    }
  }

  /// `dx = scale dy w`, or added to `dx`, with the rows of `w` from `first` on, as many as `dy` has columns.
  void input_gradient(const ConstMatrixMap<T>& dy, MatrixMap<T> dx, WriteMode mode, Index first = 0) const {
    if (frozen != nullptr) {
      frozen->input_gradient_part(first, dy, dx, mode, scale);
    } else {
      layer_input_gradient<T>(dy, w.map().middleRows(first, dy.cols()), dx, mode, scale);
    }
  }

  /// `dw = scale dy' rows`, or added to `dw`; `dw` may be some rows, those of `dy`'s columns.
  void weight_gradient(const ConstMatrixMap<T>& dy, const ConstMatrixMap<T>& rows, MatrixMap<T> dw,
                       WriteMode mode) const {
    layer_weight_gradient<T>(dy, rows, dw, mode, scale);
  }
};

/// What a layer multiplies: a sum of up to two products; the second may be empty.
template <Scalar T>
using ProductSum = std::array<Product<T>, 2>;

/// Throws unless the products and the bias fit each other.
template <Scalar T>
void require_terms(const ProductSum<T>& products, Variable<T> bias) {
  const auto& [first, second] = products;
  const auto whole = [](const Product<T>& product) {
    return static_cast<bool>(product.x) == (static_cast<bool>(product.w) || product.frozen != nullptr);
  };
  require(first && whole(first) && whole(second), "linear: a product needs both its input and its weight");
  for (const auto& product : products) {
    require(!product || (product.x.rows() == first.x.rows() && product.outputs() == first.outputs() &&
                         product.x.cols() == product.width()),
            "linear: an input of ", product ? product.x.rows() : 0, " x ", product ? product.x.cols() : 0,
            " does not fit a weight of ", product ? product.outputs() : 0, " x ", product ? product.width() : 0,
            " (outputs x inputs)");
  }
  require(!bias || (bias.rows() == 1 && bias.cols() == first.outputs()), "linear: the bias must be 1 x ",
          first.outputs());
}

/// `sum = 1' dy`, or added to `sum`: the gradient of a bias.
template <Scalar T>
void column_sums(const ConstMatrixMap<T>& dy, MatrixMap<T> sum, WriteMode mode) {
  parallel_for(dy.cols(), 64, [&](Index begin, Index end) {
    auto part = sum.row(0).segment(begin, end - begin);
    if (mode == WriteMode::overwrite) {
      part.setZero();
    }
    for (Index row = 0; row < dy.rows(); ++row) {
      part += dy.row(row).segment(begin, end - begin);
    }
  });
}

}  // namespace ampsft
