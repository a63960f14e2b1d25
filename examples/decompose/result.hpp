// SPDX-License-Identifier: MIT
/// @file
/// What a decomposition found: bases, scores, and what they explain, group by group.
#pragma once

#include <ampsft/basis/accounting.hpp>
#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/basis/source.hpp>

#include <optional>
#include <string>
#include <vector>

#include "decompose/bases.hpp"

namespace decompose {

using Scores = ampsft::MatrixScores<float>;

/// One stack of matrices.
struct Group {
  std::string name;
  Index rows = 0;
  Index width = 0;
  std::optional<Basis> basis;  ///< none: a budget left it without
  std::vector<Scores> matrices = {};
  ampsft::Explained total = {};

  [[nodiscard]] Index rank() const { return basis ? basis->rank() : 0; }
};

struct Result {
  std::vector<Group> groups;
  ampsft::Accounting accounting;
  std::string source;  ///< hash of all matrices that have scores

  /// R2 of all groups together, each at the rank `k` or, where that is less, its own.
  [[nodiscard]] double r2(Index k) const;

  /// The share of the energy around the means, likewise.
  [[nodiscard]] double variance_share(Index k) const;

  [[nodiscard]] Index largest_rank() const;
};

/// Reads every matrix once more for its scores; shows progress. With moments, throws if a matrix' values are not those
/// that were accumulated.
[[nodiscard]] Result score_all(const Source& source, const Bases& bases, const std::vector<Moments>& moments);

/// Bases alone, of moments whose matrices are elsewhere.
[[nodiscard]] Result without_scores(const std::vector<Moments>& moments, const Bases& bases);

/// The hash and shape of a matrix that has scores.
[[nodiscard]] ampsft::SourceMatrix source_of(const Scores& scores, Index width);

}  // namespace decompose
