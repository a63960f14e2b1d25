// SPDX-License-Identifier: MIT
/// @file
/// Truncated SVD by a randomised block Krylov space, for rows too wide for their Gram matrix.
#pragma once

#include <ampsft/core/compat/eigen_solvers.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/linalg/detail/gram_operator.hpp>
#include <ampsft/linalg/detail/gram_svd.hpp>
#include <ampsft/linalg/orthonormalize.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ampsft::detail {

/// An orthonormal basis of a growing space, what `G` makes of it, and the Ritz pairs of `G` in it.
template <std::same_as<double> Real = double>
class KrylovSpace {
 public:
  /// Adds orthonormal columns, orthogonal to the others, and their products with `G`.
  void add(const MatrixOf<Real>& vectors, const MatrixOf<Real>& products) {
    const Index before = basis_.cols();
    const Index count = vectors.cols();
    basis_.conservativeResize(vectors.rows(), before + count);
    products_.conservativeResize(vectors.rows(), before + count);
    basis_.rightCols(count) = vectors;
    products_.rightCols(count) = products;
    Eigen::MatrixXd inner(before + count, before + count);
    inner.topLeftCorner(before, before) = inner_;
    inner.rightCols(count).noalias() = basis_.transpose() * products;
    inner.bottomLeftCorner(count, before) = inner.topRightCorner(before, count).transpose();
    inner_ = (inner + inner.transpose()) / 2.0;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(inner_);
    values_ = solver.eigenvalues().reverse();
    turns_ = solver.eigenvectors().rowwise().reverse();
  }

  /// Orthonormal columns that extend the space: what is left of `candidates` orthogonal to it; directions that depend
  /// on others, or nearly so, are left out.
  [[nodiscard]] Eigen::MatrixXd extension(MatrixOf<Real> candidates) const {
    constexpr double dependent = 1e-12;  // square of a direction's length, of columns of length 1
    for (Index j = 0; j < candidates.cols(); ++j) {
      candidates.col(j).normalize();  // zeros stay
    }
    for (int round = 0; round < 3; ++round) {  // what cancels in one round is made orthogonal in the next
      const Eigen::MatrixXd along = basis_.transpose() * candidates;
      candidates.noalias() -= basis_ * along;
      const Eigen::MatrixXd gram = candidates.transpose() * candidates;
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
      const Eigen::VectorXd& squares = solver.eigenvalues();
      Index count = 0;
      while (count < squares.size() && basis_.cols() + count < basis_.rows() &&
             squares(squares.size() - 1 - count) > dependent) {
        ++count;
      }
      const Eigen::VectorXd lengths = squares.tail(count).cwiseSqrt();
      candidates = (candidates * solver.eigenvectors().rightCols(count) * lengths.cwiseInverse().asDiagonal()).eval();
    }
    return candidates;
  }

  /// Keeps the `count` leading Ritz vectors only.
  void shrink(Index count) {
    basis_ = (basis_ * turns_.leftCols(count)).eval();
    products_ = (products_ * turns_.leftCols(count)).eval();
    inner_ = values_.head(count).asDiagonal();
    values_ = values_.head(count).eval();
    turns_ = Eigen::MatrixXd::Identity(count, count);
  }

  [[nodiscard]] Index size() const noexcept { return basis_.cols(); }
  [[nodiscard]] const Eigen::VectorXd& values() const noexcept { return values_; }
  [[nodiscard]] Eigen::MatrixXd vectors(Index count) const { return basis_ * turns_.leftCols(count); }

  /// `G v - theta v` of the first pairs.
  [[nodiscard]] Eigen::MatrixXd residuals(Index count) const {
    return products_ * turns_.leftCols(count) - vectors(count) * values_.head(count).asDiagonal();
  }

 private:
  MatrixOf<Real> basis_;
  MatrixOf<Real> products_;
  MatrixOf<Real> inner_;
  VectorOf<Real> values_;
  MatrixOf<Real> turns_;
};

/// What may be wrong of the first `count` Ritz values: residuals, to second order where there is a gap behind them, and
/// `noise`, the products' own rounding.
template <std::same_as<double> Real = double>
Eigen::VectorXd ritz_errors(const KrylovSpace<Real>& space, const MatrixOf<Real>& residuals, double noise) {
  const Index count = residuals.cols();
  const Eigen::VectorXd lengths = residuals.colwise().norm();
  const double all = residuals.norm();
  Eigen::VectorXd errors(count);
  for (Index k = 0; k < count; ++k) {
    const double gap = count < space.size() ? space.values()(k) - space.values()(count) - all : 0.0;
    errors(k) = noise + (gap > all ? lengths(k) * all / gap : lengths(k));
  }
  return errors;
}

/// Each pass multiplies a block of `K` and some more vectors with the Gram matrix; all of the space that they span
/// together is searched (Musco and Musco 2015), in double, and when it grows large its best part goes on (thick
/// restart, Wu and Simon 2000). Float rows are multiplied in float until that is what limits the accuracy.
///
/// `4 n d (K + 8)` operations a pass; at most `2 d (10 K + 80)` doubles.
template <Scalar T>
RawSvd krylov_svd(const Stack<T>& stack, const SvdOptions& options, Moments& moments) {
  const Index width = stack.width();
  const Index block = std::min(width, (options.rank + 8 + 7) / 8 * 8);
  const Index most = std::min(width, 10 * block);
  const double tolerance = tolerance_of<T>(options);
  // Measured: a hundredth of this, as the errors of many rows cancel.
  constexpr double float_noise = 0.5 * static_cast<double>(std::numeric_limits<float>::epsilon());
  GramOperator<T> gram(stack, options.centred);
  Random random(options.seed);
  const Matrix<double> start = random_orthonormal<double>(block, width, random);
  Eigen::MatrixXd fresh = map(start).transpose();
  bool in_double = std::same_as<T, double>;
  KrylovSpace space;
  RawSvd svd;
  svd.method = SvdMethod::krylov;
  double former = std::numeric_limits<double>::infinity();
  while (true) {
    const Eigen::MatrixXd products = in_double ? gram.template times<double>(fresh) : gram.template times<T>(fresh);
    if (svd.fourth_powers < 0.0) {  // |G q|^2 of random directions q is |G|^2 / d on average
      svd.fourth_powers = products.squaredNorm() * static_cast<double>(width) / static_cast<double>(block);
    }
    space.add(fresh, products);
    const double first = std::max(space.values()(0), 0.0);
    const double noise = first * (in_double ? double_gram_error : float_noise);
    const Eigen::MatrixXd residuals = space.residuals(std::min(block, space.size()));
    const Eigen::VectorXd errors = ritz_errors(space, residuals.leftCols(options.rank), noise);
    svd.values = space.values().head(options.rank).cwiseMax(0.0).cwiseSqrt();
    svd.errors.resize(options.rank);
    for (Index k = 0; k < options.rank; ++k) {
      svd.errors(k) = root_error(svd.values(k), errors(k));
    }
    const double worst = worst_error<T>(svd.values, svd.errors, options.rank);
    if (worst <= tolerance || gram.passes() >= options.most_passes) {
      break;
    }
    // As accurate as these products get: on in double from here, or enough.
    const double length = residuals.leftCols(options.rank).norm();
    const bool stalled = length < 4.0 * noise || (length > 0.5 * former && length < 100.0 * noise);
    former = length;
    if (stalled && in_double) {
      break;
    }
    if (stalled) {
      in_double = true;
      former = std::numeric_limits<double>::infinity();
      fresh = space.vectors(std::min(block, space.size()));
      space = KrylovSpace();
      continue;
    }
    if (space.size() + block > most) {
      space.shrink(std::min(2 * block, space.size()));
    }
    fresh = space.extension(residuals);
    if (fresh.cols() == 0) {  // the space is closed under G: nothing is missing
      break;
    }
  }
  svd.vectors = space.vectors(options.rank);
  moments = gram.moments();
  const double s = moments.scale;
  svd.passes = gram.passes();
  svd.complete = false;
  // The leading part is known by now, so that only the rest is left to chance: with one strong direction the plain
  // estimate was 20 % off (45,056 x 5632, a block of 40).
  const Eigen::VectorXd squares = space.values().head(options.rank).cwiseMax(0.0).cwiseAbs2();
  const Eigen::VectorXd along = (map(start) * svd.vectors).colwise().squaredNorm();
  const double by_chance = squares.dot(along) * static_cast<double>(width) / static_cast<double>(block);
  svd.fourth_powers = (squares.sum() + std::max(0.0, svd.fourth_powers - by_chance)) / s / s / s / s;
  if (worst_error<T>(svd.values, svd.errors, options.rank) > tolerance) {
    // The squared condition may be what is left of the error.
    const Eigen::RowVectorXd centre =
        options.centred ? moments.mean : Eigen::RowVectorXd(Eigen::RowVectorXd::Zero(width));
    const Eigen::MatrixXd residuals = space.residuals(options.rank);
    const double noise = std::max(space.values()(0), 0.0) * (in_double ? double_gram_error : float_noise);
    svd.values /= s;
    const double next = space.size() < width ? std::max(0.0, value_after(space.values(), options.rank))
                                             : value_after(space.values(), options.rank);
    polish(stack, centre, s, next, residuals.norm() + noise, svd);
    return svd;
  }
  svd.values /= s;
  svd.errors /= s;
  return svd;
}

}  // namespace ampsft::detail
