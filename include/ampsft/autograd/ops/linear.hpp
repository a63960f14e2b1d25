// SPDX-License-Identifier: MIT
/// @file
/// Sums of matrix products with a bias: the one product behind dense, truncated, exact-start and LoRA layers.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/simd/layer.hpp>

#include <array>

namespace ampsft {

/// One product `scale * x w'` of a linear operation: `x` is `T x d`, `w` is `n x d`.
template <Scalar T>
struct Product {
  Variable<T> x;
  Variable<T> w;
  T scale = T{1};
};

/// What a layer multiplies: a sum of up to two products; the second may be empty.
template <Scalar T>
using Terms = std::array<Product<T>, 2>;

namespace ops {

/// `y = sum_i scale_i x_i w_i' + 1 bias'`, `T x n`.
template <Scalar T>
struct Linear {
  Terms<T> terms;
  Variable<T> bias;  // 1 x n, or none

  [[nodiscard]] Index rows() const { return terms[0].x.rows(); }
  [[nodiscard]] Index cols() const { return terms[0].w.rows(); }

  static constexpr bool reads_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    for (const auto& [x, w, scale] : terms) {
      if (x) {
        visit(x, w.requires_grad() ? Reads::value : Reads::shape);
        visit(w, x.requires_grad() ? Reads::value : Reads::shape);
      }
    }
    if (bias) {
      visit(bias, Reads::shape);
    }
  }

  void forward(Matrix<T>& y) const {
    const ConstMatrixMap<T> none(nullptr, 0, 0);
    const ConstMatrixMap<T> shift = bias ? bias.map() : none;
    for (std::size_t i = 0; i < terms.size() && terms[i].x; ++i) {
      const auto& [x, w, scale] = terms[i];
      layer_output<T>(x.map(), w.map(), map(y), i == 0 ? Into::overwrite : Into::add, scale, i == 0 ? shift : none);
    }
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    for (const auto& [x, w, scale] : terms) {
      if (x.requires_grad()) {
        const GradientSink<T> dx = x.sink();
        layer_input_gradient<T>(map(dy), w.map(), dx.map(), dx.into(), scale);
      }
      if (w.requires_grad()) {
        const GradientSink<T> dw = w.sink();
        layer_weight_gradient<T>(map(dy), x.map(), dw.map(), dw.into(), scale);
      }
    }
    if (bias.requires_grad()) {
      const auto db = bias.sink();
      parallel_for(cols(), 64, [&](Index begin, Index end) {
        db.add(db.map().middleCols(begin, end - begin), map(dy).middleCols(begin, end - begin).colwise().sum());
      });
    }
  }
};

}  // namespace ops

/// Throws unless the terms and the bias fit each other.
template <Scalar T>
void require_terms(const Terms<T>& terms, Variable<T> bias) {
  const auto& [first, second] = terms;
  require(first.x && first.w && static_cast<bool>(second.x) == static_cast<bool>(second.w),
          "linear: a product needs both its input and its weight");
  const Index tokens = first.x.rows();
  const Index outputs = first.w.rows();
  for (const auto& [x, w, scale] : terms) {
    require(!x || (x.rows() == tokens && w.rows() == outputs && x.cols() == w.cols()), "linear: an input of ",
            x ? x.rows() : 0, " x ", x ? x.cols() : 0, " does not fit a weight of ", w ? w.rows() : 0, " x ",
            w ? w.cols() : 0, " (outputs x inputs)");
  }
  require(!bias || (bias.rows() == 1 && bias.cols() == outputs), "linear: the bias must be 1 x ", outputs);
}

/// `sum_i scale_i x_i w_i' + 1 bias'`; the second term and `bias` may be empty.
///
/// Shapes: every product `T x d_i` times `n x d_i`, the bias `1 x n`, the result `T x n`. Throws `Error` if they do
/// not fit. Cost: `2 T n d_i` operations a product forward, the same for each gradient that is asked for.
template <Scalar T>
[[nodiscard]] Variable<T> linear(const Terms<T>& terms, Variable<T> bias = {}) {
  require_terms(terms, bias);
  return terms[0].x.tape().apply(ops::Linear<T>{terms, bias});
}

/// `x w' + 1 bias'`; `x` is `T x d`, `w` `n x d`, the bias `1 x n` or empty. Throws as the sum of two products does.
template <Scalar T>
[[nodiscard]] Variable<T> linear(Variable<T> x, Variable<T> w, Variable<T> bias = {}) {
  return linear<T>(Terms<T>{Product<T>{x, w}, Product<T>{}}, bias);
}

}  // namespace ampsft
