// SPDX-License-Identifier: MIT
/// @file
/// One more pass in double that makes the singular values of a subspace right to second order (Rayleigh and Ritz).
#pragma once

#include <ampsft/core/compat/eigen_solvers.hpp>
#include <ampsft/linalg/detail/one_sided_jacobi.hpp>
#include <ampsft/linalg/detail/stack.hpp>
#include <ampsft/simd/project.hpp>

#include <limits>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Turns orthonormal `vectors` (by column) to the Ritz vectors of `scale (x - centre)` within their span; returns the
/// Ritz values, descending.
///
/// `Y = scale (X - centre) V` and `Y'Y` are taken in double. The columns of `Y` are nearly orthogonal, so that scaling
/// them to length one leaves a matrix near the identity, and small values do not drown in large ones. `2 n d K`
/// operations.
template <Scalar T>
Eigen::VectorXd polish(const Stack<T>& stack, const Eigen::RowVectorXd& centre, double scale,
                       Eigen::MatrixXd& vectors) {
  constexpr Index tile = 256;
  const Index width = stack.width();
  const Index rank = vectors.cols();
  const EigenMatrix<double> components = vectors.transpose();
  const EigenMatrix<double> mean = centre;
  const Index pieces = stack.pieces(4096);
  std::vector<Eigen::MatrixXd> parts(static_cast<std::size_t>(pieces), Eigen::MatrixXd::Zero(rank, rank));
  parallel_for(pieces, 1, [&](Index first, Index last) {
    EigenMatrix<double> wide(tile, width);
    EigenMatrix<double> scores(tile, rank);
    for (Index piece = first; piece < last; ++piece) {
      auto& part = parts[static_cast<std::size_t>(piece)];
      const auto add = [&](const ConstStridedMap<T>& rows) {
        wide.topRows(rows.rows()) = rows.template cast<double>();
        auto y = scores.topRows(rows.rows());
        extract<double>(wide.topRows(rows.rows()), components, mean, y);
        y *= scale;
        part.noalias() += y.transpose() * y;
      };
      stack.for_tiles(stack.rows() * piece / pieces, stack.rows() * (piece + 1) / pieces, tile, add);
    }
  });
  Eigen::MatrixXd& product = parts.front();
  for (std::size_t piece = 1; piece < parts.size(); ++piece) {
    product += parts[piece];
  }
  Eigen::VectorXd lengths = product.diagonal().cwiseMax(0.0).cwiseSqrt();
  const Eigen::VectorXd inverse = lengths.unaryExpr([](double length) { return length > 0.0 ? 1.0 / length : 0.0; });
  Eigen::MatrixXd cosines = inverse.asDiagonal() * product * inverse.asDiagonal();
  cosines.diagonal().setOnes();
  // Y = (orthonormal) factor: its columns have the lengths and the angles of Y's.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(cosines);
  const Eigen::VectorXd roots = solver.eigenvalues().cwiseMax(0.0).cwiseSqrt();
  const SmallSvd svd = one_sided_jacobi(roots.asDiagonal() * solver.eigenvectors().transpose() * lengths.asDiagonal());
  vectors = (vectors * svd.rotation).eval();
  return svd.values;
}

}  // namespace ampsft::detail
