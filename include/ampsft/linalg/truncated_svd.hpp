// SPDX-License-Identifier: MIT
/// @file
/// Leading right singular vectors of a tall matrix, from its accumulated Gram matrix.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/gram.hpp>
#include <ampsft/linalg/orthonormalize.hpp>

#include <cmath>

namespace ampsft {

/// The leading right singular vectors of `n` rows of width `d`, less their mean or not.
///
/// Sign rule: in each component the element of the largest magnitude is positive; of elements that are equal in
/// magnitude within 1e-6 the one with the lowest index decides.
template <Scalar T>
struct TruncatedSvd {
  Matrix<T> components;            ///< `K x d`, orthonormal rows, by descending singular value
  Matrix<double> singular_values;  ///< `1 x m`, descending: all that were computed, not only the first `K`
  Matrix<T> mean;                  ///< `1 x d` column means that were taken away, or `0 x d` if none were
  double raw_energy = 0.0;         ///< sum of the squares of all elements before the mean was taken away
  Index count = 0;                 ///< rows
};

namespace detail {

inline void require_rank(Index rank, Index width) {
  require(rank >= 1 && rank <= width, "the rank must be 1 to the row width ", width, ", not ", rank);
}

inline void fix_signs(Matrix<double>& components) {
  for (Index k = 0; k < rows(components); ++k) {
    auto component = map(components).row(k);
    const double threshold = (1.0 - 1e-6) * component.cwiseAbs().maxCoeff();
    Index lead = 0;
    while (std::abs(component(lead)) < threshold) {
      ++lead;
    }
    if (component(lead) < 0.0) {
      component = -component;
    }
  }
}

/// Makes the result from vectors by column in descending order, and values in the same order.
template <Scalar T, class Vectors, class Values>
TruncatedSvd<T> pack_svd(const Vectors& vectors, const Values& values, const GramAccumulator<T>& gram, bool centred) {
  Matrix<double> components = orthonormal_rows(make_matrix(vectors.transpose()));
  fix_signs(components);
  return {.components = make_matrix(map(components).template cast<T>()),
          .singular_values = make_matrix(values.transpose()),
          .mean = make_matrix(map(gram.mean()).topRows(centred ? 1 : 0).template cast<T>()),
          .raw_energy = gram.raw_energy(),
          .count = gram.count()};
}

}  // namespace detail

/// Truncated SVD of the rows that an accumulator has seen, less their mean if `centred`.
///
/// All `d` singular values are returned; those beyond the rank of the rows are zero up to rounding. The Gram matrix
/// squares the condition: the relative error of `sigma_k` is about `1e-16 (sigma_1 / sigma_k)^2`. Throws unless
/// `1 <= rank <= d` and the rows are finite and at least one. Symmetric QR algorithm in double: about `9 d^3`
/// operations, `3 d^2` doubles.
template <Scalar T>
[[nodiscard]] TruncatedSvd<T> truncated_svd(const GramAccumulator<T>& gram, Index rank, bool centred = true) {
  detail::require_rank(rank, gram.width());
  require(gram.count() >= 1, "a singular value decomposition needs at least one row");
  require(std::isfinite(gram.raw_energy()), "the rows hold a NaN, an infinity or numbers too large to square");
  const Matrix<double> scatter = centred ? gram.scatter() : gram.second_moment();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(map(scatter));
  require(solver.info() == Eigen::Success, "the symmetric eigensolver did not converge at width ", gram.width());
  return detail::pack_svd(solver.eigenvectors().rowwise().reverse().leftCols(rank),
                          solver.eigenvalues().reverse().cwiseMax(0.0).cwiseSqrt(), gram, centred);
}

}  // namespace ampsft
