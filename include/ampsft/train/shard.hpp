// SPDX-License-Identifier: MIT
/// @file
/// Cuts a batch over the ranks that train together.
#pragma once

#include <ampsft/data/batch.hpp>

namespace ampsft {

/// One rank's sequences of a batch, as a view of it.
struct Shard {
  TokenBatch tokens;
  Index counted = 0;  ///< targets that the loss counts
};

/// The part of rank `rank` of `size`: equally many consecutive sequences for each, with their documents and positions.
///
/// Throws `Error` if `size` does not divide the number of sequences.
[[nodiscard]] inline Shard shard_of(const Batch& batch, Index rank, Index size) {
  require(rank >= 0 && rank < size && batch.sequences % size == 0, "a batch of ", batch.sequences,
          " sequences has no equal part for rank ", rank, " of ", size);
  const Index count = batch.sequences / size;
  const TokenBatch tokens = batch.view(rank * count, count);
  return {.tokens = tokens, .counted = counted_targets(tokens.targets)};
}

}  // namespace ampsft
