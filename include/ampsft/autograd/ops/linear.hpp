// SPDX-License-Identifier: MIT
/// @file
/// Sums of matrix products with a bias: the one product behind dense, truncated, exact-start and LoRA layers.
#pragma once

#include <ampsft/autograd/product.hpp>
#include <ampsft/core/instances.hpp>

namespace ampsft {
namespace ops {

/// `y = sum_i scale_i x_i w_i' + 1 bias'`, `T x n`.
template <Scalar T>
struct Linear {
  ProductSum<T> products;
  Variable<T> bias;  // 1 x n, or none

  [[nodiscard]] Index rows() const { return products[0].x.rows(); }
  [[nodiscard]] Index cols() const { return products[0].outputs(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    for (const auto& product : products) {
      product.inputs(visit);
    }
    if (bias) {
      visit(bias, NeedsInput::shape);
    }
  }

  void forward(Matrix<T>& y) const {
    const ConstMatrixMap<T> none(nullptr, 0, 0);
    for (std::size_t i = 0; i < products.size() && products[i]; ++i) {
      products[i].output(products[i].x.map(), map(y), i == 0 ? WriteMode::overwrite : WriteMode::add,
                         i == 0 && bias ? bias.map() : none);
    }
  }

  void backward(const Matrix<T>&, const Matrix<T>& constant_dy) const {
    const ConstMatrixMap<T> dy = map(constant_dy);
    for (const auto& product : products) {
      if (product.x.requires_grad()) {
        const GradientSink<T> dx = product.x.sink();
        product.input_gradient(dy, dx.map(), dx.mode());
      }
      if (product.w.requires_grad()) {
        const GradientSink<T> dw = product.w.sink();
        product.weight_gradient(dy, product.x.map(), dw.map(), dw.mode());
      }
    }
    if (bias.requires_grad()) {
      const GradientSink<T> db = bias.sink();
      column_sums<T>(dy, db.map(), db.mode());
    }
  }
};

}  // namespace ops

/// `sum_i scale_i x_i w_i' + 1 bias'`; the second term and `bias` may be empty.
///
/// Shapes: every product `T x d_i` times `n x d_i`, the bias `1 x n`, the result `T x n`. Throws `Error` if they do
/// not fit. Cost: `2 T n d_i` operations a product forward, the same for each gradient that is asked for.
template <Scalar T>
[[nodiscard]] Variable<T> linear(const ProductSum<T>& products, Variable<T> bias = {}) {
  require_terms(products, bias);
  return products[0].x.tape().apply(ops::Linear<T>{products, bias});
}

/// `x w' + 1 bias'`; `x` is `T x d`, `w` `n x d`, the bias `1 x n` or empty. Throws as the sum of two products does.
template <Scalar T>
[[nodiscard]] Variable<T> linear(Variable<T> x, Variable<T> w, Variable<T> bias = {}) {
  return linear<T>(ProductSum<T>{Product<T>{x, w}, Product<T>{}}, bias);
}

AMPSFT_INSTANCE(Variable<float> linear(const ProductSum<float>&, Variable<float>));
AMPSFT_INSTANCE(Variable<double> linear(const ProductSum<double>&, Variable<double>));

}  // namespace ampsft
