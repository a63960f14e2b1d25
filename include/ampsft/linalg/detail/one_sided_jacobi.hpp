// SPDX-License-Identifier: MIT
/// @file
/// Singular values of a few columns that are nearly orthogonal, each to its own digits.
#pragma once

#include <ampsft/core/compat/eigen_solvers.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/detail/lazily.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace ampsft::detail {

/// `columns = U diag(values) rotation'`, values descending.
struct SmallSvd {
  Eigen::VectorXd values;
  Eigen::MatrixXd rotation;
};

/// One-sided Jacobi (Hestenes; Demmel and Veselic 1992): small singular values keep their relative accuracy where the
/// columns are of widely different lengths. Sweeps of `4 n K^2` operations and more; two for nearly orthogonal columns.
template <std::same_as<double> Real = double>
SmallSvd one_sided_jacobi(MatrixOf<Real> columns) {
  const Index count = columns.cols();
  Eigen::MatrixXd rotation = Eigen::MatrixXd::Identity(count, count);
  constexpr double tolerance = 4.0 * std::numeric_limits<double>::epsilon();
  constexpr int most_sweeps = 60;
  bool rotated = true;
  for (int sweep = 0; rotated && sweep < most_sweeps; ++sweep) {
    rotated = false;
    Eigen::VectorXd squares = columns.colwise().squaredNorm();
    for (Index p = 0; p < count; ++p) {
      for (Index q = p + 1; q < count; ++q) {
        const double inner = columns.col(p).dot(columns.col(q));
        if (!(std::abs(inner) > tolerance * std::sqrt(squares(p)) * std::sqrt(squares(q)))) {
          continue;
        }
        rotated = true;
        const double zeta = (squares(q) - squares(p)) / (2.0 * inner);
        const double t = (zeta >= 0.0 ? 1.0 : -1.0) / (std::abs(zeta) + std::hypot(1.0, zeta));
        const double cosine = 1.0 / std::hypot(1.0, t);
        const Eigen::JacobiRotation<double> turn(cosine, cosine * t);
        columns.applyOnTheRight(p, q, turn);
        rotation.applyOnTheRight(p, q, turn);
        squares(p) = columns.col(p).squaredNorm();
        squares(q) = columns.col(q).squaredNorm();
      }
    }
  }
  const Eigen::VectorXd norms = columns.colwise().norm();
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return norms(i) > norms(j); });
  return {norms(order), rotation(Eigen::all, order)};
}

/// Singular values and right vectors of a square or tall matrix without squaring its condition.
///
/// The eigenvectors of its Gram matrix turn the columns nearly orthogonal; one-sided Jacobi does the rest. About
/// `9 d^3` operations for the former and some sweeps of `4 d^3`.
template <std::same_as<double> Real = double>
SmallSvd preconditioned_jacobi(const MatrixOf<Real>& matrix) {
  const double size = matrix.cwiseAbs().maxCoeff();
  if (!(size > 0.0)) {
    return {Eigen::VectorXd::Zero(matrix.cols()), Eigen::MatrixXd::Identity(matrix.cols(), matrix.cols())};
  }
  const Eigen::MatrixXd scaled = matrix / size;
  const Eigen::MatrixXd gram = scaled.transpose() * scaled;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
  require(solver.info() == Eigen::Success, "the symmetric eigensolver did not converge at width ", matrix.cols());
  const Eigen::MatrixXd turn = solver.eigenvectors().rowwise().reverse();
  SmallSvd svd = one_sided_jacobi(scaled * turn);
  svd.values *= size;
  svd.rotation = (turn * svd.rotation).eval();
  return svd;
}

}  // namespace ampsft::detail
