// SPDX-License-Identifier: MIT
/// @file
/// How many directions each stack gets: a fixed number, enough for a share of its variance, or what a budget buys.
#pragma once

#include <ampsft/basis/spectrum.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <queue>
#include <span>
#include <utility>
#include <vector>

namespace ampsft {

/// A stack that ranks are chosen for: how its energy spreads, and what a direction costs.
struct RankCandidate {
  Spectrum spectrum;
  Index rows = 0;  ///< scores that one direction takes
};

/// The same rank for all, cut at each stack's width.
struct FixedRank {
  Index rank = 8;

  [[nodiscard]] std::vector<Index> select(std::span<const RankCandidate> stacks) const;
};

/// For each stack the smallest rank, at least 1, whose directions hold the share of its centred energy. Throws unless
/// the share is within 0 and 1 and the spectra reach that far.
struct VarianceShare {
  double share = 0.9;

  [[nodiscard]] std::vector<Index> select(std::span<const RankCandidate> stacks) const;
};

/// At most so many scores over all stacks, each spent where it buys most energy; a stack may get none.
///
/// Direction k of a stack of `n` rows buys energy `lambda_k` for `n` scores. Taken by falling `lambda_k / n`, which is
/// optimal while everything fits, for spectra descend (the greedy solution of a knapsack whose items come in the order
/// of their density); a direction that does not fit any more is passed over, with all later ones of its stack. What is
/// lost against the best choice is less than the energy of the first direction passed over. Directions without energy
/// are not bought. Spectra need to reach as far as the budget does (`most`).
struct ScoreBudget {
  Index scores = 0;

  /// The rank that a stack could get if it got everything.
  [[nodiscard]] Index most(Index rows, Index width) const noexcept {
    return rows > 0 ? std::min(width, scores / rows) : 0;
  }

  [[nodiscard]] std::vector<Index> select(std::span<const RankCandidate> stacks) const;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/rank_selection_inl.hpp>
#endif
