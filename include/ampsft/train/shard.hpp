// SPDX-License-Identifier: MIT
/// @file
/// Cuts a batch over the ranks that train together.
#pragma once

#include <ampsft/data/token_stream.hpp>

#include <algorithm>
#include <cstdint>
#include <span>

namespace ampsft {

/// One rank's sequences of a batch, as a view of it.
struct Shard {
  std::span<const std::int32_t> inputs;
  std::span<const std::int32_t> targets;
  Index sequences = 0;
  double weight = 1.0;  ///< its share of the batch's targets, ignored ones not counted
};

/// The part of rank `rank` of `size`: equally many consecutive sequences for each.
///
/// Throws `Error` if `size` does not divide the number of sequences, or every target of the batch is ignored (one rank
/// alone leaves that to the loss).
[[nodiscard]] inline Shard shard_of(const Batch& batch, Index rank, Index size) {
  require(rank >= 0 && rank < size && batch.sequences % size == 0, "a batch of ", batch.sequences,
          " sequences has no equal part for rank ", rank, " of ", size);
  const std::size_t count = batch.inputs.size() / static_cast<std::size_t>(size);
  const std::size_t first = static_cast<std::size_t>(rank) * count;
  Shard shard{.inputs = std::span(batch.inputs).subspan(first, count),
              .targets = std::span(batch.targets).subspan(first, count),
              .sequences = batch.sequences / size};
  if (size > 1) {
    const auto counted = [](std::span<const std::int32_t> targets) {
      return static_cast<double>(std::count_if(targets.begin(), targets.end(), [](auto id) { return id >= 0; }));
    };
    const double all = counted(batch.targets);
    require(all > 0.0, "every target of the batch is ignored, so there is no loss");
    shard.weight = counted(shard.targets) / all;
  }
  return shard;
}

}  // namespace ampsft
