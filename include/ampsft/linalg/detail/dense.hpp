// SPDX-License-Identifier: MIT
/// @file
/// Dense SVD of a whole stack in double: the reference, and the way for fewer rows than columns.
#pragma once

#include <ampsft/linalg/detail/tsqr.hpp>

#include <algorithm>
#include <cmath>

namespace ampsft::detail {

/// `min(n, d)` singular values; fewer right vectors than asked for if there are fewer rows. Bidiagonal divide and
/// conquer on the matrix, or, of fewer rows than columns, on the triangular factor of its transpose.
/// `3 n d + min(n, d)^2` doubles. Throws on a NaN or an infinity (matrix and row are named).
template <Scalar T>
RawSvd dense_svd(const Stack<T>& stack, const SvdOptions& options, Moments& moments) {
  const Index n = stack.rows();
  Frame frame = sampled_frame(stack);
  rescale(stack, frame);
  Eigen::MatrixXd matrix(n, stack.width());
  Index row = 0;
  stack.for_tiles(0, n, 256, [&](const ConstStridedMap<T>& rows) {
    matrix.middleRows(row, rows.rows()) = (rows.template cast<double>().rowwise() - frame.centre) * frame.scale;
    row += rows.rows();
  });
  if (!matrix.allFinite()) {
    stack.require_finite();
    fail("the rows hold numbers too far apart for their differences; scale them down");
  }
  const double s = frame.scale;
  const Eigen::RowVectorXd step = matrix.colwise().mean();
  matrix.rowwise() -= step;
  moments.count = n;
  moments.scale = s;
  moments.mean = frame.centre + step / s;
  const double within = matrix.squaredNorm() / s / s;
  moments.raw_energy = within + static_cast<double>(n) * moments.mean.squaredNorm();
  moments.energy = options.centred ? within : moments.raw_energy;
  require(std::isfinite(moments.raw_energy), "the rows hold numbers too large to square; scale them down");
  if (!options.centred) {
    matrix.rowwise() += s * moments.mean;
  }
  RawSvd result;
  result.method = SvdMethod::dense;
  if (n >= stack.width()) {
    const auto svd = svd_with_right_vectors(matrix);
    result.values = svd.singularValues() / s;
    result.vectors = svd.matrixV().leftCols(options.rank);
  } else {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(matrix.transpose());
    const Eigen::MatrixXd factor =
        Eigen::MatrixXd(qr.matrixQR().topRows(n).template triangularView<Eigen::Upper>()).transpose();
    const auto svd = svd_with_right_vectors(factor);
    result.values = svd.singularValues() / s;
    Eigen::MatrixXd vectors = Eigen::MatrixXd::Zero(stack.width(), std::min(n, options.rank));
    vectors.topRows(n) = svd.matrixV().leftCols(vectors.cols());
    result.vectors = qr.householderQ() * vectors;
  }
  result.errors = Eigen::VectorXd::Constant(result.values.size(), direct_error * result.values(0));
  return result;
}

}  // namespace ampsft::detail
