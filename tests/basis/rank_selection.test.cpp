// SPDX-License-Identifier: MIT
/// @file
/// Ranks by share and by budget, the budget against an exhaustive search.
#include <ampsft/basis/rank_selection.hpp>
#include <ampsft/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

RankCandidate candidate(std::vector<double> eigenvalues, Index rows) {
  double energy = 0.0;
  for (const double value : eigenvalues) {
    energy += value;
  }
  return {.spectrum = {.eigenvalues = std::move(eigenvalues), .raw_energy = energy, .centred_energy = energy},
          .rows = rows};
}

double bought(const std::vector<RankCandidate>& stacks, const std::vector<Index>& ranks) {
  double energy = 0.0;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    for (Index k = 0; k < ranks[i]; ++k) {
      energy += stacks[i].spectrum.eigenvalues[static_cast<std::size_t>(k)];
    }
  }
  return energy;
}

Index spent(const std::vector<RankCandidate>& stacks, const std::vector<Index>& ranks) {
  Index scores = 0;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    scores += ranks[i] * stacks[i].rows;
  }
  return scores;
}

/// The most energy that any choice of ranks within the budget holds.
double best(const std::vector<RankCandidate>& stacks, Index budget, std::size_t from = 0) {
  if (from == stacks.size()) {
    return 0.0;
  }
  double most = 0.0;
  double energy = 0.0;
  for (Index k = 0; k <= stacks[from].spectrum.width() && k * stacks[from].rows <= budget; ++k) {
    energy += k > 0 ? stacks[from].spectrum.eigenvalues[static_cast<std::size_t>(k - 1)] : 0.0;
    most = std::max(most, energy + best(stacks, budget - k * stacks[from].rows, from + 1));
  }
  return most;
}

std::vector<RankCandidate> random_stacks(Random& random, bool same_rows) {
  std::vector<RankCandidate> stacks;
  for (int i = 0; i < 4; ++i) {
    std::vector<double> values(5);
    std::generate(values.begin(), values.end(), [&] { return std::exp(random.normal()); });
    std::sort(values.rbegin(), values.rend());
    stacks.push_back(candidate(values, same_rows ? 3 : 1 + random.below(9)));
  }
  return stacks;
}

}  // namespace

TEST_CASE("a fixed rank is cut at the width, a share is reached with the fewest directions") {
  const std::vector<RankCandidate> stacks{candidate({6, 3, 1}, 10), candidate({1, 1, 1, 1}, 20), candidate({0, 0}, 5)};
  CHECK(FixedRank{3}.select(stacks) == std::vector<Index>{3, 3, 2});
  CHECK(VarianceShare{0.6}.select(stacks) == std::vector<Index>{1, 3, 1});
  CHECK(VarianceShare{1.0}.select(stacks) == std::vector<Index>{3, 4, 1});
  CHECK_THROWS_AS(FixedRank{0}.select(stacks), Error);
  CHECK_THROWS_AS(VarianceShare{1.5}.select(stacks), Error);
}

TEST_CASE("a budget buys as much energy as any choice, or loses less than the first direction that did not fit") {
  Random random(3);
  for (int repeat = 0; repeat < 400; ++repeat) {
    const bool same_price = repeat % 2 == 0;  // then nothing is lost
    CAPTURE(repeat);
    const auto stacks = random_stacks(random, same_price);
    const Index budget = 9 + random.below(70);
    const auto ranks = ScoreBudget{budget}.select(stacks);
    CHECK(spent(stacks, ranks) <= budget);
    double lost = 0.0;  // at most: the best direction that was not taken
    for (std::size_t i = 0; !same_price && i < stacks.size(); ++i) {
      if (ranks[i] < stacks[i].spectrum.width()) {
        lost = std::max(lost, stacks[i].spectrum.eigenvalues[static_cast<std::size_t>(ranks[i])]);
      }
    }
    CHECK(bought(stacks, ranks) >= best(stacks, budget) - lost - 1e-12);
  }
}

TEST_CASE("budgets at their ends") {
  const std::vector<RankCandidate> stacks{candidate({4, 2, 0}, 10), candidate({9, 1}, 30)};
  CHECK(ScoreBudget{9}.select(stacks) == std::vector<Index>{0, 0});
  CHECK(ScoreBudget{10}.select(stacks) == std::vector<Index>{1, 0});
  CHECK(ScoreBudget{40}.select(stacks) == std::vector<Index>{1, 1});
  CHECK(ScoreBudget{1'000'000}.select(stacks) == std::vector<Index>{2, 2});  // none without energy
  CHECK_THROWS_AS(ScoreBudget{0}.select(stacks), Error);
  std::vector<RankCandidate> partly{candidate({4, 2}, 10)};
  partly[0].spectrum.row_width = 8;
  partly[0].spectrum.centred_energy = 20.0;
  CHECK(ScoreBudget{20}.select(partly) == std::vector<Index>{2});
  CHECK_THROWS_WITH(ScoreBudget{30}.select(partly), ContainsSubstring("only 2"));
}
