// SPDX-License-Identifier: MIT
/// @file
/// How ranks are chosen.
#pragma once

#include <ampsft/basis/rank_selection.hpp>
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

AMPSFT_HEADER_INLINE std::vector<Index> FixedRank::select(std::span<const RankCandidate> stacks) const {
  require(rank >= 1, "a rank must be at least 1, not ", rank);
  std::vector<Index> ranks;
  for (const auto& stack : stacks) {
    ranks.push_back(std::min(rank, stack.spectrum.width()));
  }
  return ranks;
}

AMPSFT_HEADER_INLINE std::vector<Index> VarianceShare::select(std::span<const RankCandidate> stacks) const {
  std::vector<Index> ranks;
  for (const auto& stack : stacks) {
    ranks.push_back(std::max<Index>(1, stack.spectrum.rank_for_variance(share)));
  }
  return ranks;
}

AMPSFT_HEADER_INLINE std::vector<Index> ScoreBudget::select(std::span<const RankCandidate> stacks) const {
  require(scores >= 1, "a budget of scores must be at least 1, not ", scores);
  std::vector<Index> ranks(stacks.size(), 0);
  using Offer = std::pair<double, std::size_t>;  // energy a score, stack
  std::priority_queue<Offer> offers;
  const auto offer = [&](std::size_t i) {
    const auto& [spectrum, rows] = stacks[i];
    const Index next = ranks[i];
    if (next >= most(rows, spectrum.width())) {
      return;
    }
    require(next < spectrum.computed(), "a budget of ", scores, " scores may give a stack of ", rows, " rows the rank ",
            most(rows, spectrum.width()), ", but only ", spectrum.computed(), " of its eigenvalues are known");
    const double energy = spectrum.eigenvalues[static_cast<std::size_t>(next)];
    if (energy > 0.0) {
      offers.emplace(energy / static_cast<double>(rows), i);
    }
  };
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    offer(i);
  }
  Index left = scores;
  while (!offers.empty()) {
    const std::size_t best = offers.top().second;
    offers.pop();
    if (stacks[best].rows <= left) {
      left -= stacks[best].rows;
      ++ranks[best];
      offer(best);
    }
  }
  return ranks;
}

}  // namespace ampsft
