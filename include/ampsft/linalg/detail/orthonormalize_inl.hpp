// SPDX-License-Identifier: MIT
/// @file
/// Orthonormal rows by Householder QR.
#pragma once

#include <ampsft/core/compat/eigen_solvers.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/linalg/orthonormalize.hpp>

namespace ampsft {

template <Scalar T>
Matrix<T> orthonormal_rows(const Matrix<T>& rows) {
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

template <Scalar T>
Matrix<T> random_orthonormal(Index count, Index width, Random& random) {
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
