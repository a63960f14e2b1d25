// SPDX-License-Identifier: MIT
/// @file
/// Truncated SVD by the Gram matrix: one pass in float where that is accurate enough, else more.
#pragma once

#include <ampsft/linalg/detail/accuracy.hpp>
#include <ampsft/linalg/detail/moments.hpp>
#include <ampsft/linalg/detail/polish.hpp>
#include <ampsft/linalg/detail/symmetric_eigen.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ampsft::detail {

/// Bound on the eigenvalues' error, beside the largest, of a Gram matrix that is summed and solved in double.
inline constexpr double double_gram_error = 8.0 * std::numeric_limits<double>::epsilon();

/// A singular value's own rounding, beside the largest one, where the condition is not squared.
inline constexpr double direct_error = 2.0 * std::numeric_limits<double>::epsilon();

/// Roots of eigenvalues, each of which may be off by `error`; all scaled back.
template <std::same_as<double> Real = double>
RawSvd from_eigenvalues(Eigenpairs pairs, double error, double scale) {
  RawSvd svd;
  svd.values = pairs.values.cwiseMax(0.0).cwiseSqrt();
  svd.errors = svd.values.unaryExpr([&](double value) { return root_error(value, error); }) / scale;
  svd.values /= scale;
  svd.vectors = std::move(pairs.vectors);
  return svd;
}

/// The eigenvalue after the first `count`, or nothing.
inline double value_after(const Eigen::VectorXd& values, Index count) {
  return count < values.size() ? values(count) : -std::numeric_limits<double>::infinity();
}

/// What polishing can leave wrong of the first `count` squares, if the matrix is off by `error`: to second order where
/// there is a gap before the `next` one, else what it was.
template <std::same_as<double> Real = double>
Eigen::VectorXd second_order(const VectorOf<Real>& squares, Index count, double next, double error) {
  Eigen::VectorXd left(count);
  for (Index k = 0; k < count; ++k) {
    const double gap = squares(k) - next - error;
    left(k) = gap > error ? error * error / gap : error;
  }
  return left;
}

/// Polishes the first values and vectors; `error` is that of the squares, `next` the square after them, both scaled.
template <Scalar T>
void polish(const Stack<T>& stack, const Eigen::RowVectorXd& centre, double scale, double next, double error,
            RawSvd& svd) {
  const Index count = svd.vectors.cols();
  const Eigen::VectorXd squares = (svd.values * scale).cwiseAbs2();
  const Eigen::VectorXd left = second_order(squares, count, next, error);
  const Eigen::VectorXd values = polish(stack, centre, scale, svd.vectors);
  const double first = std::max(values(0), std::sqrt(squares(0)));
  for (Index k = 0; k < count; ++k) {
    svd.values(k) = values(k) / scale;
    svd.errors(k) = root_error(values(k), left(k), direct_error * first) / scale;
  }
  for (Index k = count; k < svd.values.size(); ++k) {  // the others were only good to their rounding
    svd.values(k) = std::min(svd.values(k), svd.values(count - 1));
  }
  ++svd.passes;
}

/// How far the float Gram matrix of the whole stack is off in the leading directions: measured on two tiles, whose
/// products are also summed in double, and taken to add up over all tiles (in truth they partly cancel).
///
/// Two tiles cannot speak for rows of quite another size. So the error is never taken for less than the rounding of a
/// sum that many tiles share, `epsilon lambda_1`; and where the tiles' energy is not that of the average row, for less
/// than the rounding of a single tile's sum of 256 terms, which is up to 5 epsilon.
template <Scalar T>
double measured_error(const Stack<T>& stack, const Frame& frame, const Eigenpairs& pairs, double trace) {
  const Eigen::MatrixXd& vectors = pairs.vectors;
  constexpr Index tile = GramSums<T>::tile_rows;
  const EigenMatrix<T> centre = frame.centre.template cast<T>();
  GramSums<T> fast(centre, static_cast<T>(frame.scale));
  GramSums<double> exact(centre.template cast<double>(), frame.scale);
  for (const Index third : {1, 2}) {
    const Index first = (stack.rows() - tile) * third / 3;
    add_rows(fast, stack, first, first + tile);
    add_rows(exact, stack, first, first + tile);
  }
  const Eigen::MatrixXd difference = (fast.lower() - exact.lower()).template triangularView<Eigen::Lower>();
  const Eigen::MatrixXd moved = difference.template selfadjointView<Eigen::Lower>() * vectors;
  const double first_order = (vectors.transpose() * moved).cwiseAbs().maxCoeff();
  const double tiles = static_cast<double>(stack.rows()) / static_cast<double>(fast.count());
  const double energies = exact.trace() > 0.0 ? trace / exact.trace() : tiles;
  const bool alike = energies < 1.5 * tiles && tiles < 1.5 * energies;
  const double least = (alike ? 1.0 : 8.0) * std::numeric_limits<T>::epsilon() * std::max(pairs.values(0), 0.0);
  return std::max(first_order * std::max(tiles, energies), least);
}

/// Stacks below this are summed in double at once: it takes no longer than to find out whether float would do.
inline constexpr Index least_float_rows = 4096;
inline constexpr Index least_float_width = 16;

/// The Gram matrix in float and its pairs, if `T` is float and that meets the tolerance, after polishing if need be.
template <Scalar T>
bool float_gram_svd(const Stack<T>& stack, const Frame& frame, const SvdOptions& options, Moments& moments, RawSvd& svd,
                    int& passes) {
  if (!std::same_as<T, float> || stack.rows() < least_float_rows || stack.width() < least_float_width) {
    return false;
  }
  const auto sums = gram_sums<T>(stack, frame);
  ++passes;
  if (!sums_are_sound(sums)) {
    return false;
  }
  const double tolerance = tolerance_of<T>(options);
  moments = moments_of(sums, frame, options.centred);
  Eigenpairs pairs = leading_eigenpairs(moments.gram, options.rank);
  const double error = measured_error(stack, frame, pairs, sums.trace()) + double_gram_error * pairs.values(0);
  const Eigen::VectorXd squares = pairs.values;
  svd = from_eigenvalues(std::move(pairs), error, frame.scale);
  if (worst_error<T>(svd.values, svd.errors, options.rank) <= tolerance) {
    return true;
  }
  // A pass of K directions in double takes 4 K d, the matrix in double d^2 + d.
  const Eigen::VectorXd left = second_order(squares, options.rank, value_after(squares, options.rank), error);
  Eigen::VectorXd errors = svd.errors;
  for (Index k = 0; k < options.rank; ++k) {
    errors(k) = root_error(svd.values(k) * frame.scale, left(k)) / frame.scale;
  }
  if (8 * options.rank > stack.width() || worst_error<T>(svd.values, errors, options.rank) > tolerance) {
    return false;
  }
  const Eigen::RowVectorXd centre =
      options.centred ? moments.mean : Eigen::RowVectorXd(Eigen::RowVectorXd::Zero(stack.width()));
  polish(stack, centre, frame.scale, value_after(squares, options.rank), error, svd);
  return true;
}

/// Gram matrix, as often and as exactly as the tolerance asks for; `moments` gets mean and energies.
template <Scalar T>
RawSvd gram_svd(const Stack<T>& stack, const SvdOptions& options, Moments& moments) {
  const Frame frame = sampled_frame(stack);
  RawSvd svd;
  int passes = 0;
  if (!float_gram_svd(stack, frame, options, moments, svd, passes)) {
    moments = detail::moments(stack, frame, options.centred, passes);
    Eigenpairs pairs = leading_eigenpairs(moments.gram, options.rank);
    const double error = double_gram_error * std::max(pairs.values(0), 0.0);
    const double next = value_after(pairs.values, options.rank);
    svd = from_eigenvalues(std::move(pairs), error, moments.scale);
    if (worst_error<T>(svd.values, svd.errors, options.rank) > tolerance_of<T>(options)) {
      const Eigen::RowVectorXd centre =
          options.centred ? moments.mean : Eigen::RowVectorXd(Eigen::RowVectorXd::Zero(stack.width()));
      polish(stack, centre, moments.scale, next, error, svd);
    }
  }
  svd.passes += passes - 1;
  return svd;
}

}  // namespace ampsft::detail
