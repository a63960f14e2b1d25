// SPDX-License-Identifier: MIT
/// @file
/// The three products of a linear layer `y = scale x w' + 1 bias'`, each by the kernel that fits its shape.
///
/// Shapes: `x` `T x d`, `w` `n x d` (outputs x inputs), `y` `T x n`. Products with a side of at most 64, a rank, go to
/// the kernels of a layer in factors, others to `gemm` (measured: docs/performance.md). Errors as theirs.
#pragma once

#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/gemm.hpp>

namespace ampsft {

/// The widest side of a product that is taken for a rank.
inline constexpr Index narrow = 64;

/// `y = scale x w' + 1 bias'`, or added to `y`; the bias is `1 x n` or has no rows.
template <Scalar T>
void layer_output(const ConstView<T>& x, const ConstView<T>& w, std::type_identity_t<View<T>> y,
                  Into into = Into::overwrite, T scale = T{1},
                  const std::type_identity_t<ConstView<T>>& bias = ConstMatrixMap<T>(nullptr, 0, 0)) {
  if (w.cols() <= narrow) {
    factored_output<T>(x, w, y, into, scale, bias);
  } else if (w.rows() <= narrow) {
    project<T>(x, w, y, into, scale);
    if (bias.rows() > 0) {
      y.rowwise() += bias.row(0);
    }
  } else {
    gemm<T>(Factor<T>::plain(x), Factor<T>::transposed(w), y, into, scale, bias);
  }
}

/// `dx = scale dy w`, or added to `dx`.
template <Scalar T>
void layer_input_gradient(const ConstView<T>& dy, const ConstView<T>& w, std::type_identity_t<View<T>> dx,
                          Into into = Into::overwrite, T scale = T{1}) {
  if (w.cols() <= narrow) {
    factored_input_gradient<T>(dy, w, dx, into, scale);
  } else if (w.rows() <= narrow) {
    const ReconstructJob<T> job{dy, dx, into == Into::add ? MatrixRef<const T>(dx) : MatrixRef<const T>()};
    reconstruct<T>(std::span<const ReconstructJob<T>>(&job, 1), w, ConstMatrixMap<T>(nullptr, 0, w.cols()), scale);
  } else {
    gemm<T>(Factor<T>::plain(dy), Factor<T>::plain(w), dx, into, scale);
  }
}

/// `dw = scale dy' x`, or added to `dw`.
template <Scalar T>
void layer_weight_gradient(const ConstView<T>& dy, const ConstView<T>& x, std::type_identity_t<View<T>> dw,
                           Into into = Into::overwrite, T scale = T{1}) {
  if (x.cols() <= narrow) {
    factored_scores_gradient<T>(dy, x, dw, into, scale);
  } else if (dy.cols() <= narrow) {
    factored_basis_gradient<T>(x, dy, dw, into, scale);
  } else {
    gemm<T>(Factor<T>::transposed(dy), Factor<T>::plain(x), dw, into, scale);
  }
}

}  // namespace ampsft
