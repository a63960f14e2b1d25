// SPDX-License-Identifier: MIT
/// @file
/// Matrices whose decomposition is known because they are made from it.
#pragma once

#include <ampsft/linalg/orthonormalize.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace ampsft::test {

/// `U diag(values) V'` of random `U` whose columns sum to zero, so that a mean added later is exactly the mean.
struct KnownMatrix {
  Matrix<double> right;   ///< `r x d`, orthonormal rows: `V'`
  Matrix<double> matrix;  ///< `n x d`
};

inline KnownMatrix known_matrix(Index n, Index d, const std::vector<double>& values, std::uint64_t seed) {
  Random random(seed);
  const auto r = static_cast<Index>(values.size());
  // The first of r + 1 orthonormal columns is made constant; so the others sum to zero.
  Matrix<double> left = make_matrix<double>(r + 1, n);
  fill_normal(left, 1.0, random);
  map(left).row(0).setOnes();
  left = orthonormal_rows(left);
  Matrix<double> right = random_orthonormal<double>(r, d, random);
  const Eigen::Map<const Eigen::VectorXd> sigma(values.data(), r);
  Matrix<double> matrix = make_matrix(map(left).bottomRows(r).transpose() * sigma.asDiagonal() * map(right));
  return {std::move(right), std::move(matrix)};
}

/// Normal numbers, `n x d`.
template <Scalar T>
Matrix<T> normal_matrix(Index n, Index d, std::uint64_t seed) {
  Random random(seed);
  Matrix<T> matrix = make_matrix<T>(n, d);
  fill_normal(matrix, 1.0, random);
  return matrix;
}

template <Scalar T>
Matrix<T> cast_to(const Matrix<double>& matrix) {
  return make_matrix(map(matrix).cast<T>());
}

/// Largest difference in any element; the shapes must agree.
template <Scalar T, Scalar U>
double max_difference(const Matrix<T>& a, const Matrix<U>& b) {
  return (map(a).template cast<double>() - map(b).template cast<double>()).cwiseAbs().maxCoeff();
}

/// `max |B B' - I|`.
template <Scalar T>
double orthonormality_error(const Matrix<T>& rows) {
  const Eigen::MatrixXd wide = map(rows).template cast<double>();
  return (wide * wide.transpose() - Eigen::MatrixXd::Identity(wide.rows(), wide.rows())).cwiseAbs().maxCoeff();
}

/// Distance between the spaces that two sets of orthonormal rows span: `max |A'A - B'B|`.
template <Scalar T, Scalar U>
double subspace_distance(const Matrix<T>& a, const Matrix<U>& b) {
  const Eigen::MatrixXd x = map(a).template cast<double>();
  const Eigen::MatrixXd y = map(b).template cast<double>();
  return (x.transpose() * x - y.transpose() * y).cwiseAbs().maxCoeff();
}

}  // namespace ampsft::test
