// SPDX-License-Identifier: MIT
/// @file
/// How batches are taken from packed rows.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/data/packed_dataset.hpp>
#include <ampsft/data/packing.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE PackedDataset::PackedDataset(PackedRows packed) : packed_(std::move(packed)) {
  for (Index row = 0; row < packed_.rows; ++row) {
    if (counted_targets(packed_.batch(row, 1).targets) > 0) {
      rows_.push_back(row);
    }
  }
  require(!rows_.empty(), "the packed records hold nothing to learn: none of ", packed_.rows, " rows has a target");
}

AMPSFT_HEADER_INLINE Batch PackedDataset::window_batch(Index first, Index sequences) const {
  Batch batch = empty_batch(sequences);
  require(first >= 0 && first <= window_count() - sequences, "rows ", first, " to ", first, " + ", sequences,
          " - 1 were asked for, but there are only ", window_count());
  for (Index i = first; i < first + sequences; ++i) {
    append(rows_[static_cast<std::size_t>(i)], batch);
  }
  return batch;
}

AMPSFT_HEADER_INLINE Batch PackedDataset::sample(Random& random, Index sequences) const {
  Batch batch = empty_batch(sequences);
  for (Index i = 0; i < sequences; ++i) {
    append(rows_[static_cast<std::size_t>(random.below(window_count()))], batch);
  }
  return batch;
}

AMPSFT_HEADER_INLINE Batch PackedDataset::shuffled_batch(std::uint64_t seed, Index first, Index sequences) const {
  Batch batch = empty_batch(sequences);
  require(first >= 0, "the walk through the rows has no place ", first);
  std::vector<Index> order;
  Index shuffled = -1;  // the epoch of `order`
  for (Index i = first; i < first + sequences; ++i) {
    if (const Index epoch = i / window_count(); epoch != shuffled) {
      order = shuffle(seed, epoch);
      shuffled = epoch;
    }
    append(order[static_cast<std::size_t>(i % window_count())], batch);
  }
  return batch;
}

AMPSFT_HEADER_INLINE Batch PackedDataset::empty_batch(Index sequences) const {
  require(sequences >= 1, "a batch must hold at least 1 sequence, not ", sequences);
  return {.inputs = {}, .targets = {}, .sequences = 0, .length = length()};
}

AMPSFT_HEADER_INLINE void PackedDataset::append(Index row, Batch& batch) const {
  const TokenBatch own = packed_.batch(row, 1);
  const auto add = [](std::vector<std::int32_t>& to, std::span<const std::int32_t> from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add(batch.inputs, own.tokens);
  add(batch.targets, own.targets);
  add(batch.documents, own.documents);
  add(batch.positions, own.positions);
  ++batch.sequences;
}

AMPSFT_HEADER_INLINE std::vector<Index> PackedDataset::shuffle(std::uint64_t seed, Index epoch) const {
  Random seeds(seed);
  Random random(seeds() + static_cast<std::uint64_t>(epoch));
  std::vector<Index> order = rows_;
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[static_cast<std::size_t>(random.below(static_cast<Index>(left)))]);
  }
  return order;
}

}  // namespace ampsft
