// SPDX-License-Identifier: MIT
/// @file
/// What a decomposition found: bases, scores, and what they explain, group by group.
#pragma once

#include <ampsft/basis/accounting.hpp>
#include <ampsft/basis/explained.hpp>
#include <ampsft/basis/source.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "decompose/bases.hpp"
#include "decompose/score_parts.hpp"

namespace decompose {

/// A matrix whose scores are in their file, and what they explain of it.
struct ScoredMatrix {
  ampsft::SourceMatrix source;
  ampsft::Explained explained;
};

/// One stack of matrices.
struct Group {
  std::string name;
  Index rows = 0;
  Index width = 0;
  std::optional<Basis> basis;  ///< none: a budget left it without
  std::vector<ScoredMatrix> matrices = {};
  ampsft::Explained total = {};  ///< without a basis: the energies alone

  [[nodiscard]] Index rank() const { return basis ? basis->rank() : 0; }
};

struct Result {
  std::vector<Group> groups;
  ampsft::Accounting accounting;
  std::string source;  ///< hash of all matrices that have scores

  /// R2 of all groups together, each at the rank `k` or, where that is less, its own. Of a group without a basis
  /// nothing is explained.
  [[nodiscard]] double r2(Index k) const;

  /// The share of the energy around the means, likewise.
  [[nodiscard]] double variance_share(Index k) const;

  [[nodiscard]] Index largest_rank() const;
};

/// Reads every matrix once more for its scores; shows progress. `merged` tells which values were accumulated, if any
/// were: throws if a matrix has others.
[[nodiscard]] Result score_all(const Source& source, const Bases& bases,
                               const std::vector<ampsft::PartialStack>& merged, ScoreParts& scores);

/// Bases alone, of moments whose matrices are elsewhere.
[[nodiscard]] Result without_scores(const std::vector<ampsft::PartialStack>& merged, const Bases& bases);

/// Writes the bases and which matrices they stand for.
void write_bases(const std::filesystem::path& path, const Result& result);

}  // namespace decompose
