// SPDX-License-Identifier: MIT
/// @file
/// Truncated SVD by a triangular factor of the rows, in one pass and without squaring the condition.
#pragma once

#include <ampsft/core/compat/eigen_solvers.hpp>
#include <ampsft/linalg/detail/gram_svd.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Count, mean and triangular factor of the rows less their mean: `R' R` is their scatter matrix.
///
/// Rows are taken in blocks; each is centred on its own mean, and the step between the means becomes one more row
/// (Chan, Golub and LeVeque 1979). Demmel, Grigori, Hoemmen and Langou 2012 for the reduction.
template <std::same_as<double> Real = double>
class TriangularFactor {
 public:
  TriangularFactor() = default;
  TriangularFactor(Index width, Index block_rows) : rows_(width + block_rows + 1, width), width_(width) {
    rows_.topRows(width).setZero();
    mean_ = Eigen::RowVectorXd::Zero(width);
  }

  /// Joins rows, at most `block_rows` of them, which are overwritten.
  template <class Rows>
  void add(Rows&& rows) {
    const Index count = rows.rows();
    const Eigen::RowVectorXd mean = rows.colwise().mean();
    rows_.middleRows(width_, count) = rows.rowwise() - mean;
    rows_.row(width_ + count) = join(mean, count);
    reduce(width_ + count + 1);
  }

  void merge(const TriangularFactor& other) {
    if (other.count_ == 0) {
      return;
    }
    Eigen::MatrixXd both(2 * width_ + 1, width_);
    both.topRows(width_) = rows_.topRows(width_);
    both.middleRows(width_, width_) = other.rows_.topRows(width_);
    both.row(2 * width_) = join(other.mean_, other.count_);
    rows_ = std::move(both);
    reduce(2 * width_ + 1);
  }

  /// From the mean to 0: one more row.
  void include_mean(const Eigen::RowVectorXd& mean) {
    rows_.row(width_) = std::sqrt(static_cast<double>(count_)) * mean;
    reduce(width_ + 1);
  }

  [[nodiscard]] Index count() const noexcept { return count_; }
  [[nodiscard]] const Eigen::RowVectorXd& mean() const noexcept { return mean_; }
  [[nodiscard]] Eigen::MatrixXd factor() const { return rows_.topRows(width_); }

 private:
  Eigen::RowVectorXd join(const Eigen::RowVectorXd& mean, Index count) {
    const auto before = static_cast<double>(count_);
    const auto added = static_cast<double>(count);
    const Eigen::RowVectorXd step = mean - mean_;
    mean_ += step * (added / (before + added));
    count_ += count;
    return step * std::sqrt(before / (before + added) * added);
  }

  void reduce(Index count) {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(rows_.topRows(count));
    rows_.topRows(width_) = qr.matrixQR().topRows(width_).template triangularView<Eigen::Upper>();
  }

  MatrixOf<Real> rows_;  // the factor, then room for a block
  Index width_ = 0;
  Index count_ = 0;
  Eigen::RowVectorXd mean_;
};

/// The factor of `scale (x - centre)`, rows spread over threads.
template <Scalar T>
TriangularFactor<> triangular_factor(const Stack<T>& stack, const Frame& frame) {
  const Index width = stack.width();
  const Index tile = std::max<Index>(256, 3 * width);
  const Index pieces = stack.pieces(4 * tile);
  std::vector<TriangularFactor<>> parts(static_cast<std::size_t>(pieces));
  parallel_for(pieces, 1, [&](Index first, Index last) {
    for (Index piece = first; piece < last; ++piece) {
      TriangularFactor part(width, tile);
      stack.for_tiles(stack.rows() * piece / pieces, stack.rows() * (piece + 1) / pieces, tile,
                      [&](const ConstStridedMap<T>& rows) {
                        part.add(((rows.template cast<double>().rowwise() - frame.centre) * frame.scale).eval());
                      });
      parts[static_cast<std::size_t>(piece)] = std::move(part);
    }
  });
  for (std::size_t piece = 1; piece < parts.size(); ++piece) {
    parts.front().merge(parts[piece]);
  }
  return std::move(parts.front());
}

/// One pass: `2 n d^2` operations and a third more for the blocks, then `O(d^3)`; `10 d^2` doubles a thread. Throws on
/// a NaN or an infinity (matrix and row are named).
template <Scalar T>
RawSvd tsqr_svd(const Stack<T>& stack, const SvdOptions& options, Moments& moments) {
  Frame frame = sampled_frame(stack);
  TriangularFactor total = triangular_factor(stack, frame);
  RawSvd result;
  result.method = SvdMethod::tsqr;
  const double size = total.factor().cwiseAbs().maxCoeff();
  constexpr double smallest = 1e-100;  // its square is a number
  if (!std::isfinite(total.factor().sum()) || size < smallest) {
    rescale(stack, frame);
    total = triangular_factor(stack, frame);
    result.passes = 3;
  }
  const double s = frame.scale;
  moments.count = total.count();
  moments.scale = s;
  moments.mean = frame.centre + total.mean() / s;
  const double within = total.factor().squaredNorm() / s / s;
  moments.raw_energy = within + static_cast<double>(total.count()) * moments.mean.squaredNorm();
  moments.energy = options.centred ? within : moments.raw_energy;
  require(std::isfinite(moments.raw_energy), "the rows hold numbers too large to square; scale them down");
  if (!options.centred) {
    total.include_mean(s * moments.mean);
  }
  const SmallSvd svd = preconditioned_jacobi(total.factor());
  result.values = svd.values / s;
  result.errors = Eigen::VectorXd::Constant(stack.width(), direct_error * result.values(0));
  result.vectors = svd.rotation.leftCols(options.rank);
  return result;
}

}  // namespace ampsft::detail
