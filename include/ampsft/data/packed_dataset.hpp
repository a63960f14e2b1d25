// SPDX-License-Identifier: MIT
/// @file
/// Batches from packed records.
#pragma once

#include <ampsft/core/random.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/data/packing.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ampsft {

/// Owns packed rows and returns each once in an epoch. Leaves out rows without a target.
class PackedDataset {
 public:
  /// Throws `Error` if no row has a target that counts.
  explicit PackedDataset(PackedRows packed) : packed_(std::move(packed)) {
    for (Index row = 0; row < packed_.rows; ++row) {
      if (counted_targets(packed_.batch(row, 1).targets) > 0) {
        rows_.push_back(row);
      }
    }
    require(!rows_.empty(), "the packed records hold nothing to learn: none of ", packed_.rows, " rows has a target");
  }

  [[nodiscard]] const PackedRows& packed() const noexcept { return packed_; }

  /// The number of tokens in a row.
  [[nodiscard]] Index length() const noexcept { return packed_.length; }

  /// The number of rows with a target, which is one epoch.
  [[nodiscard]] Index window_count() const noexcept { return static_cast<Index>(rows_.size()); }

  /// `sequences` rows in the order of packing, from number `first`. Throws `Error` unless they exist.
  [[nodiscard]] Batch window_batch(Index first, Index sequences) const {
    Batch batch = empty_batch(sequences);
    require(first >= 0 && first <= window_count() - sequences, "rows ", first, " to ", first, " + ", sequences,
            " - 1 were asked for, but there are only ", window_count());
    for (Index i = first; i < first + sequences; ++i) {
      append(rows_[static_cast<std::size_t>(i)], batch);
    }
    return batch;
  }

  /// `sequences` rows, each drawn uniformly from all rows.
  [[nodiscard]] Batch sample(Random& random, Index sequences) const {
    Batch batch = empty_batch(sequences);
    for (Index i = 0; i < sequences; ++i) {
      append(rows_[static_cast<std::size_t>(random.below(window_count()))], batch);
    }
    return batch;
  }

  /// `sequences` rows from number `first` of the endless sequence of shuffled epochs of `seed`. A batch may span two
  /// epochs. The result depends on the arguments only, so a resumed run needs only its position. Cost: one shuffle of
  /// the row numbers for each epoch touched.
  [[nodiscard]] Batch shuffled_batch(std::uint64_t seed, Index first, Index sequences) const {
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

 private:
  [[nodiscard]] Batch empty_batch(Index sequences) const {
    require(sequences >= 1, "a batch must hold at least 1 sequence, not ", sequences);
    return {.inputs = {}, .targets = {}, .sequences = 0, .length = length()};
  }

  void append(Index row, Batch& batch) const {
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

  /// The rows of an epoch in their order (Fisher and Yates, by Durstenfeld 1964).
  [[nodiscard]] std::vector<Index> shuffle(std::uint64_t seed, Index epoch) const {
    Random seeds(seed);
    Random random(seeds() + static_cast<std::uint64_t>(epoch));
    std::vector<Index> order = rows_;
    for (std::size_t left = order.size(); left > 1; --left) {
      std::swap(order[left - 1], order[static_cast<std::size_t>(random.below(static_cast<Index>(left)))]);
    }
    return order;
  }

  PackedRows packed_;
  std::vector<Index> rows_;  // that have a target
};

}  // namespace ampsft
