// SPDX-License-Identifier: MIT
/// @file
/// What a truncated SVD gives: directions, singular values, and how far to trust them.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/svd_options.hpp>

#include <string>
#include <vector>

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
  double centred_energy = 0.0;     ///< after it was taken away; equals `raw_energy` if none was
  Index count = 0;                 ///< rows

  SvdMethod method = SvdMethod::gram;  ///< the one that was used
  int passes = 1;                      ///< over the rows
  bool complete = true;                ///< whether no singular value beyond `singular_values` differs from 0
  Index trusted = 0;                   ///< leading singular values whose estimated error is within the tolerance
  double error = 0.0;                  ///< estimate of the largest error among the first `K`, as `tolerance` counts it
  std::vector<double> errors = {};     ///< the estimate for each of the first `K`
  double tolerance = 0.0;              ///< that was asked for
  double sum_of_fourth_powers = 0.0;   ///< of all `d` singular values; an unbiased estimate if not `complete`
  std::string risk;                    ///< in words, when accuracy is at risk; else empty
};

namespace detail {

inline void require_rank(Index rank, Index width) {
  require(rank >= 1 && rank <= width, "the rank must be 1 to the row width ", width, ", not ", rank);
}

}  // namespace detail

}  // namespace ampsft
