// SPDX-License-Identifier: MIT
/// @file
/// The reference for `truncated_svd`: a dense singular value decomposition of the whole matrix.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/linalg/gram.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

namespace ampsft {

namespace detail {

inline auto svd_with_all_right_vectors(const Eigen::MatrixXd& matrix) {
#if EIGEN_VERSION_AT_LEAST(3, 4, 90)  // options became template arguments
  return Eigen::BDCSVD<Eigen::MatrixXd, Eigen::ComputeFullV>(matrix);
#else
  return Eigen::BDCSVD<Eigen::MatrixXd>(matrix, Eigen::ComputeFullV);
#endif
}

}  // namespace detail

/// Truncated SVD by bidiagonal divide and conquer on the whole matrix in double: does not square the condition, but
/// slow.
///
/// `matrix`: `n x d`; `min(n, d)` singular values are returned. Throws as `truncated_svd` does. About `8 n d^2`
/// operations, `3 n d + d^2` doubles.
template <Scalar T>
[[nodiscard]] TruncatedSvd<T> dense_svd(const ConstView<T>& matrix, Index rank, bool centred = true) {
  detail::require_rank(rank, matrix.cols());
  require(matrix.rows() >= 1, "a singular value decomposition needs at least one row");
  require(matrix.allFinite(), "the rows hold a NaN or an infinity");
  GramAccumulator<T> gram(matrix.cols());
  gram.add(matrix);
  Eigen::MatrixXd dense = matrix.template cast<double>();
  if (centred) {
    dense.rowwise() -= map(gram.mean()).row(0);
  }
  const auto svd = detail::svd_with_all_right_vectors(dense);
  return detail::pack_svd(svd.matrixV().leftCols(rank), svd.singularValues(), gram, centred);
}

}  // namespace ampsft
