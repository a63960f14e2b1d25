// SPDX-License-Identifier: MIT
/// @file
/// Dense SVD of a whole stack in double: the reference, and the way for fewer rows than columns.
#pragma once

#include <ampsft/core/compat/eigen_solvers.hpp>
#include <ampsft/linalg/detail/tsqr.hpp>

#include <algorithm>
#include <cmath>

namespace ampsft::detail {

/// `min(n, d)` singular values; fewer right vectors than asked for if there are fewer rows. Householder QR of the
/// matrix, or, of fewer rows than columns, of its transpose; then Jacobi on the triangular factor. `2 n d min(n, d)`
/// operations and more; `3 n d` doubles. Throws on a NaN or an infinity (matrix and row are named).
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
  require(matrix.allFinite(), "the rows hold numbers too far apart for their differences; scale them down");
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
  result.passes = 2;  // for the scale, and for the rows
  if (n >= stack.width()) {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(matrix);
    const Index width = stack.width();
    const SmallSvd svd = preconditioned_jacobi(qr.matrixQR().topRows(width).template triangularView<Eigen::Upper>());
    result.values = svd.values / s;
    result.vectors = svd.rotation.leftCols(options.rank);
  } else {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(matrix.transpose());
    const Eigen::MatrixXd factor = qr.matrixQR().topRows(n).template triangularView<Eigen::Upper>();
    const SmallSvd svd = preconditioned_jacobi(factor.transpose());
    result.values = svd.values / s;
    result.vectors = Eigen::MatrixXd::Zero(stack.width(), std::min(n, options.rank));
    result.vectors.topRows(n) = svd.rotation.leftCols(result.vectors.cols());
    result.vectors.applyOnTheLeft(qr.householderQ());
  }
  result.errors = Eigen::VectorXd::Constant(result.values.size(), direct_error * result.values(0));
  return result;
}

}  // namespace ampsft::detail
