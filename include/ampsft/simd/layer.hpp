// SPDX-License-Identifier: MIT
/// @file
/// The three products of a linear layer `y = scale x w' + 1 bias'`, each by the kernel that fits its shape.
///
/// Shapes: `x` `T x d`, `w` `n x d` (outputs x inputs), `y` `T x n`. Products with a side of at most 64, a rank, go to
/// the kernels of a layer in factors, outputs of few rows to one that reads the weight as it lies, others to `gemm`
/// (measured: bench/RESULTS.md). Errors as theirs.
#pragma once

#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/gemm.hpp>
#include <ampsft/simd/project.hpp>

#include <algorithm>

namespace ampsft {

/// The widest side of a product that is taken for a rank.
inline constexpr Index narrow = 64;

/// The most rows of `x` that are few: `gemm` would pack all of the weight for them.
inline constexpr Index few = 16;

/// `y = scale x w' + 1 bias'`, or added to `y`, for few rows of `x`: computed as `y' = w x'`, which reads the rows of
/// the weight, `T` or bfloat16, once and in order, 2 to 4 times as fast as `gemm` where they come from memory. Each
/// thread that calls keeps up to 2^20 numbers.
template <Scalar T, Storage X>
void layer_output_of_few(const ConstView<T>& x, const std::type_identity_t<ConstView<X>>& w, View<T> y, WriteMode mode,
                         T scale, const ConstView<T>& bias) {
  require(y.rows() == x.rows() && y.cols() == w.rows(), "the output is ", y.rows(), " x ", y.cols(), ", expected ",
          x.rows(), " x ", w.rows());
  require(bias.rows() == 0 || (bias.rows() == 1 && bias.cols() == w.rows()), "the bias is ", bias.rows(), " x ",
          bias.cols(), ", expected 1 x ", w.rows());
  struct Transposed;
  const Index most = (Index{1} << 20) / std::max<Index>(x.rows(), 1);
  for (Index first = 0; first < w.rows(); first += most) {
    const Index count = std::min(most, w.rows() - first);
    MatrixMap<T> transposed(simd::detail::scratch<Transposed, T>(count * x.rows()), count, x.rows());
    project<T, X>(w.middleRows(first, count), x, transposed, WriteMode::overwrite, scale);
    auto part = y.middleCols(first, count);
    if (mode == WriteMode::add) {
      part += transposed.transpose();
    } else {
      part = transposed.transpose();
    }
    if (bias.rows() > 0) {
      part.rowwise() += bias.row(0).segment(first, count);
    }
  }
}

/// `y = scale x w' + 1 bias'`, or added to `y`; the bias is `1 x n` or has no rows.
template <Scalar T>
void layer_output(const ConstView<T>& x, const ConstView<T>& w, std::type_identity_t<View<T>> y,
                  WriteMode mode = WriteMode::overwrite, T scale = T{1},
                  const std::type_identity_t<ConstView<T>>& bias = ConstMatrixMap<T>(nullptr, 0, 0)) {
  if (w.cols() <= narrow) {
    factored_output<T>(x, w, y, mode, scale, bias);
  } else if (w.rows() <= narrow) {
    project<T>(x, w, y, mode, scale);
    if (bias.rows() > 0) {
      y.rowwise() += bias.row(0);
    }
  } else if (x.rows() <= few) {
    layer_output_of_few<T, T>(x, w, y, mode, scale, bias);
  } else {
    gemm<T>(Factor<T>::plain(x), Factor<T>::transposed(w), y, mode, scale, bias);
  }
}

/// `dx = scale dy w`, or added to `dx`.
template <Scalar T>
void layer_input_gradient(const ConstView<T>& dy, const ConstView<T>& w, std::type_identity_t<View<T>> dx,
                          WriteMode mode = WriteMode::overwrite, T scale = T{1}) {
  if (w.cols() <= narrow) {
    factored_input_gradient<T>(dy, w, dx, mode, scale);
  } else if (w.rows() <= narrow) {
    const ReconstructJob<T> job{dy, dx, mode == WriteMode::add ? MatrixRef<const T>(dx) : MatrixRef<const T>()};
    reconstruct<T>(std::span<const ReconstructJob<T>>(&job, 1), w, ConstMatrixMap<T>(nullptr, 0, w.cols()), scale);
  } else {
    gemm<T>(Factor<T>::plain(dy), Factor<T>::plain(w), dx, mode, scale);
  }
}

/// `dw = scale dy' x`, or added to `dw`.
template <Scalar T>
void layer_weight_gradient(const ConstView<T>& dy, const ConstView<T>& x, std::type_identity_t<View<T>> dw,
                           WriteMode mode = WriteMode::overwrite, T scale = T{1}) {
  if (x.cols() <= narrow) {
    factored_scores_gradient<T>(dy, x, dw, mode, scale);
  } else if (dy.cols() <= narrow) {
    factored_basis_gradient<T>(x, dy, dw, mode, scale);
  } else {
    gemm<T>(Factor<T>::transposed(dy), Factor<T>::plain(x), dw, mode, scale);
  }
}

}  // namespace ampsft
