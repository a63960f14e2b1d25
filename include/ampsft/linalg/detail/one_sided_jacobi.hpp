// SPDX-License-Identifier: MIT
/// @file
/// Singular values of a few columns that are nearly orthogonal, each to its own digits.
#pragma once

#include <ampsft/core/tensor.hpp>

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
/// columns are of widely different lengths. Some sweeps of `6 n K^2` operations; two for nearly orthogonal columns.
inline SmallSvd one_sided_jacobi(Eigen::MatrixXd columns) {
  const Index count = columns.cols();
  Eigen::MatrixXd rotation = Eigen::MatrixXd::Identity(count, count);
  constexpr double tolerance = 4.0 * std::numeric_limits<double>::epsilon();
  bool rotated = true;
  for (int sweep = 0; rotated && sweep < 40; ++sweep) {
    rotated = false;
    for (Index p = 0; p < count; ++p) {
      for (Index q = p + 1; q < count; ++q) {
        const double a = columns.col(p).squaredNorm();
        const double b = columns.col(q).squaredNorm();
        const double c = columns.col(p).dot(columns.col(q));
        if (!(std::abs(c) > tolerance * std::sqrt(a) * std::sqrt(b))) {
          continue;
        }
        rotated = true;
        const double zeta = (b - a) / (2.0 * c);
        const double t = (zeta >= 0.0 ? 1.0 : -1.0) / (std::abs(zeta) + std::hypot(1.0, zeta));
        const double cosine = 1.0 / std::hypot(1.0, t);
        const Eigen::JacobiRotation<double> turn(cosine, cosine * t);
        columns.applyOnTheRight(p, q, turn);
        rotation.applyOnTheRight(p, q, turn);
      }
    }
  }
  const Eigen::VectorXd norms = columns.colwise().norm();
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return norms(i) > norms(j); });
  return {norms(order), rotation(Eigen::all, order)};
}

}  // namespace ampsft::detail
