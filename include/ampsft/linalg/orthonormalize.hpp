// SPDX-License-Identifier: MIT
/// @file
/// Orthonormal rows, from given rows or at random.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>

namespace ampsft {

/// Orthonormal rows that span what the given rows span, row by row (the first k span the first k's space).
///
/// `rows`: `K x d`, `K` at most `d`, finite. Each result row points to the same side as the given one, so that rows
/// which are orthonormal already change by rounding only. A row that depends on those before it is replaced by some
/// direction orthogonal to all. Throws on more rows than columns and on NaN or infinity. Householder QR in double:
/// `4 d K^2` operations, `2 d K` doubles.
template <Scalar T>
[[nodiscard]] Matrix<T> orthonormal_rows(const Matrix<T>& rows) {
  const Index count = ampsft::rows(rows);
  const Index width = cols(rows);
  require(count <= width, count, " rows of width ", width, " cannot be orthonormal; ask for at most ", width);
  require(map(rows).allFinite(), "rows to orthonormalise hold a NaN or an infinity");
  if (count == 0) {
    return rows;
  }
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(map(rows).transpose().template cast<double>());
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(width, count);
  for (Index k = 0; k < count; ++k) {
    if (qr.matrixQR()(k, k) < 0.0) {
      q.col(k) = -q.col(k);
    }
  }
  return make_matrix(q.transpose().template cast<T>());
}

/// `count` orthonormal rows of the given width, distributed evenly over all such (Haar measure: QR of normal numbers
/// with a positive diagonal, Mezzadri 2007).
///
/// Throws unless `1 <= count <= width`. Draws `2 count width` uniform numbers from `random`.
template <Scalar T>
[[nodiscard]] Matrix<T> random_orthonormal(Index count, Index width, Random& random) {
  require(count >= 1 && count <= width, "the number of orthonormal rows of width ", width, " must be 1 to ", width,
          ", not ", count);
  Matrix<double> normal = make_matrix<double>(count, width);
  fill_normal(normal, 1.0, random);
  const Matrix<double> rows = orthonormal_rows(normal);
  return make_matrix(map(rows).template cast<T>());
}

AMPSFT_INSTANCE(Matrix<float> orthonormal_rows(const Matrix<float>&));
AMPSFT_INSTANCE(Matrix<double> orthonormal_rows(const Matrix<double>&));
AMPSFT_INSTANCE(Matrix<float> random_orthonormal(Index, Index, Random&));
AMPSFT_INSTANCE(Matrix<double> random_orthonormal(Index, Index, Random&));

}  // namespace ampsft
