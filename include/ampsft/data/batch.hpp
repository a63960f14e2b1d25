// SPDX-License-Identifier: MIT
/// @file
/// Batches for training and evaluation.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/core/token_batch.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace ampsft {

/// A target that the loss ignores, like every negative one.
inline constexpr std::int32_t ignored_target = -1;

/// The number of targets that the loss counts.
[[nodiscard]] inline Index counted_targets(std::span<const std::int32_t> targets) {
  return static_cast<Index>(std::count_if(targets.begin(), targets.end(), [](auto target) { return target >= 0; }));
}

/// Owns token ids, `sequences x length` row-major, and for each the target to predict from it.
struct Batch {
  std::vector<std::int32_t> inputs;
  std::vector<std::int32_t> targets;
  Index sequences = 0;
  Index length = 0;
  std::vector<std::int32_t> documents = {};  ///< of each token, or empty, as in `TokenBatch`
  std::vector<std::int32_t> positions = {};  ///< of each token, or empty, as in `TokenBatch`

  /// A view of `count` sequences from number `first`. Throws `Error` unless they exist.
  [[nodiscard]] TokenBatch view(Index first, Index count) const {
    require(first >= 0 && count > 0 && count <= sequences - first, "there are no sequences ", first, " to ", first,
            " + ", count, " - 1 in a batch of ", sequences);
    const std::size_t row = inputs.size() / static_cast<std::size_t>(sequences);
    const auto part = [&](const std::vector<std::int32_t>& all) {
      return all.empty()
                 ? std::span<const std::int32_t>{}
                 : std::span(all).subspan(static_cast<std::size_t>(first) * row, static_cast<std::size_t>(count) * row);
    };
    return {.tokens = part(inputs),
            .sequences = count,
            .targets = part(targets),
            .documents = part(documents),
            .positions = part(positions)};
  }

  /// A view of the whole batch.
  [[nodiscard]] TokenBatch view() const { return view(0, sequences); }

  /// Appends the sequences of another batch of the same length, with documents and positions if both have them.
  void append(const Batch& other) {
    const auto add = [](std::vector<std::int32_t>& to, const std::vector<std::int32_t>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    require(sequences == 0 || (length == other.length && documents.empty() == other.documents.empty() &&
                               positions.empty() == other.positions.empty()),
            "batches of different kinds cannot be joined");
    add(inputs, other.inputs);
    add(targets, other.targets);
    add(documents, other.documents);
    add(positions, other.positions);
    sequences += other.sequences;
    length = other.length;
  }
};

}  // namespace ampsft
