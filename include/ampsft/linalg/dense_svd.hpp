// SPDX-License-Identifier: MIT
/// @file
/// The reference for `truncated_svd`: a dense singular value decomposition of the whole matrix.
#pragma once

#include <ampsft/core/view.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

#include <span>

namespace ampsft {

/// Truncated SVD by QR and one-sided Jacobi of the whole matrix in double: does not square the condition, but slow.
///
/// `matrix`: `n x d`; `min(n, d)` singular values are returned. Throws as `truncated_svd` does. About `2 n d^2 + 20
/// d^3` operations, `3 n d` doubles.
template <Scalar T>
[[nodiscard]] TruncatedSvd<T> dense_svd(const ConstView<T>& matrix, Index rank, bool centred = true) {
  const RowBlock<T> block("matrix", ConstStridedMap<T>(matrix.data(), matrix.rows(), matrix.cols(),
                                                       Eigen::OuterStride<>(matrix.outerStride())));
  return truncated_svd(std::span<const RowBlock<T>>(&block, 1),
                       {.rank = rank, .centred = centred, .method = SvdMethod::dense});
}

}  // namespace ampsft
