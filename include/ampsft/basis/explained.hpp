// SPDX-License-Identifier: MIT
/// @file
/// How much of given rows a basis explains, at its rank and at every smaller one.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>

#include <cstddef>
#include <vector>

namespace ampsft {

/// Energies (sums of squares) of some rows and of their scores: enough for R2 and variance share at every rank.
///
/// Unlike a `Spectrum` it tells of any rows, one matrix of a stack or rows that the basis was not fitted to.
struct Explained {
  Index rows = 0;
  double raw_energy = 0.0;           ///< of the rows themselves
  double centred_energy = 0.0;       ///< of the rows less the basis' mean
  std::vector<double> score_energy;  ///< of the scores of each direction, `K`

  [[nodiscard]] Index rank() const noexcept { return static_cast<Index>(score_energy.size()); }

  /// Energy that mean and first `k` directions leave; throws unless `0 <= k <= K`.
  [[nodiscard]] double left(Index k) const;

  /// The paper's R2, `1 - left(k) / raw_energy`; for rows of zeros 1 if they are met, else 0.
  [[nodiscard]] double r2(Index k) const { return share(left(k), raw_energy); }

  /// Share of the energy around the basis' mean; 1 where there is none.
  [[nodiscard]] double variance_share(Index k) const { return share(left(k), centred_energy); }

  /// Adds what is known of other rows; throws if the ranks differ (rows that nothing is known of have any rank).
  Explained& operator+=(const Explained& other);

 private:
  [[nodiscard]] static double share(double left, double whole) noexcept {
    return whole > 0.0 ? 1.0 - left / whole : (left > 0.0 ? 0.0 : 1.0);
  }
};

/// 1, 2, 4, ... up to the rank, and the rank itself: where tables of R2 by rank stop.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<Index> ranks_up_to(Index rank);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/explained_inl.hpp>
#endif
