// SPDX-License-Identifier: MIT
/// @file
/// Sums of matrix products with a bias: the one product behind dense, truncated, exact-start and LoRA layers.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/factored.hpp>

#include <array>

namespace ampsft {

/// One product `scale * x w'` of a linear operation: `x` is `T x d`, `w` is `n x d`.
template <Scalar T>
struct Product {
  Variable<T> x;
  Variable<T> w;
  T scale = T{1};
};

namespace ops {

/// Products with a side this narrow, a rank, go to the kernels of `simd`; others to Eigen or its BLAS (measured:
/// docs/performance.md).
inline constexpr Index narrow = 64;

/// `y = scale x w'`, or added to `y`.
template <Scalar T>
void multiply(const Product<T>& product, const GradientSink<T>& y) {
  const auto& [x, w, scale] = product;
  if (w.cols() <= narrow) {
    factored_output<T>(x.map(), w.map(), y.map(), y.into(), scale);
  } else if (w.rows() <= narrow) {
    project<T>(x.map(), w.map(), y.map(), y.into(), scale);
  } else {
    y.add(scale * (x.map() * w.map().transpose()));
  }
}

/// `dx = scale dy w` and `dw = scale dy' x`, each where it is asked for.
template <Scalar T>
void multiply_backward(const Product<T>& product, const Matrix<T>& dy) {
  const auto& [x, w, scale] = product;
  if (x.requires_grad()) {
    const GradientSink<T> dx = x.sink();
    if (w.cols() <= narrow) {
      factored_input_gradient<T>(map(dy), w.map(), dx.map(), dx.into(), scale);
    } else if (w.rows() <= narrow) {
      const MatrixRef<const T> base = dx.into() == Into::add ? MatrixRef<const T>(dx.map()) : MatrixRef<const T>();
      const ReconstructJob<T> job{map(dy), dx.map(), base};
      ampsft::reconstruct<T>(std::span<const ReconstructJob<T>>(&job, 1), w.map(),
                             ConstMatrixMap<T>(nullptr, 0, w.cols()), scale);
    } else {
      dx.add(scale * (map(dy) * w.map()));
    }
  }
  if (w.requires_grad()) {
    const GradientSink<T> dw = w.sink();
    if (w.cols() <= narrow) {
      factored_scores_gradient<T>(map(dy), x.map(), dw.map(), dw.into(), scale);
    } else if (w.rows() <= narrow) {
      factored_basis_gradient<T>(x.map(), map(dy), dw.map(), dw.into(), scale);
    } else {
      dw.add(scale * (map(dy).transpose() * x.map()));
    }
  }
}

/// `y = sum_i scale_i x_i w_i' + 1 bias'`, `T x n`.
template <Scalar T>
struct Linear {
  std::array<Product<T>, 2> products;  // the second may be empty
  Variable<T> bias;                    // 1 x n, or none

  [[nodiscard]] Index rows() const { return products[0].x.rows(); }
  [[nodiscard]] Index cols() const { return products[0].w.rows(); }

  [[nodiscard]] bool needs_gradient() const {
    bool needs = bias.requires_grad();
    for (const auto& [x, w, scale] : products) {
      needs = needs || x.requires_grad() || w.requires_grad();
    }
    return needs;
  }

  void forward(Matrix<T>& y) const {
    multiply(products[0], GradientSink<T>(y, true));
    if (products[1].x) {
      multiply(products[1], GradientSink<T>(y, false));
    }
    if (bias) {
      parallel_for(rows(), 16, [&](Index begin, Index end) {
        map(y).middleRows(begin, end - begin).rowwise() += bias.map().row(0);
      });
    }
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    for (const Product<T>& product : products) {
      multiply_backward(product, dy);
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

/// `first + second + 1 bias'`; `second` and `bias` may be empty.
///
/// Shapes: every product `T x d_i` times `n x d_i`, the bias `1 x n`, the result `T x n`. Throws `Error` if they do
/// not fit. Cost: `2 T n d_i` operations a product forward, the same for each gradient that is asked for.
template <Scalar T>
[[nodiscard]] Variable<T> linear(const Product<T>& first, const Product<T>& second, Variable<T> bias = {}) {
  require(first.x && first.w && static_cast<bool>(second.x) == static_cast<bool>(second.w),
          "linear: a product needs both its input and its weight");
  const Index tokens = first.x.rows();
  const Index outputs = first.w.rows();
  for (const auto& [x, w, scale] : {first, second}) {
    require(!x || (x.rows() == tokens && w.rows() == outputs && x.cols() == w.cols()), "linear: an input of ",
            x ? x.rows() : 0, " x ", x ? x.cols() : 0, " does not fit a weight of ", w ? w.rows() : 0, " x ",
            w ? w.cols() : 0, " (outputs x inputs)");
  }
  require(!bias || (bias.rows() == 1 && bias.cols() == outputs), "linear: the bias must be 1 x ", outputs);
  return first.x.tape().apply(ops::Linear<T>{{first, second}, bias});
}

/// `x w' + 1 bias'`; `x` is `T x d`, `w` `n x d`, the bias `1 x n` or empty. Throws as the sum of two products does.
template <Scalar T>
[[nodiscard]] Variable<T> linear(Variable<T> x, Variable<T> w, Variable<T> bias = {}) {
  return linear<T>(Product<T>{x, w}, Product<T>{}, bias);
}

AMPSFT_INSTANCE(Variable<float> linear(const Product<float>&, const Product<float>&, Variable<float>));
AMPSFT_INSTANCE(Variable<double> linear(const Product<double>&, const Product<double>&, Variable<double>));

}  // namespace ampsft
