// SPDX-License-Identifier: MIT
/// @file
/// Batches from packed records.
#pragma once

#include <ampsft/core/instances.hpp>
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
  explicit PackedDataset(PackedRows packed);

  [[nodiscard]] const PackedRows& packed() const noexcept { return packed_; }

  /// The number of tokens in a row.
  [[nodiscard]] Index length() const noexcept { return packed_.length; }

  /// The number of rows with a target, which is one epoch.
  [[nodiscard]] Index window_count() const noexcept { return static_cast<Index>(rows_.size()); }

  /// `sequences` rows in the order of packing, from number `first`. Throws `Error` unless they exist.
  [[nodiscard]] Batch window_batch(Index first, Index sequences) const;

  /// `sequences` rows, each drawn uniformly from all rows.
  [[nodiscard]] Batch sample(Random& random, Index sequences) const;

  /// `sequences` rows from number `first` of the endless sequence of shuffled epochs of `seed`. A batch may span two
  /// epochs. The result depends on the arguments only, so a resumed run needs only its position. Cost: one shuffle of
  /// the row numbers for each epoch touched.
  [[nodiscard]] Batch shuffled_batch(std::uint64_t seed, Index first, Index sequences) const;

 private:
  [[nodiscard]] Batch empty_batch(Index sequences) const;

  void append(Index row, Batch& batch) const;

  /// The rows of an epoch in their order (Fisher and Yates, by Durstenfeld 1964).
  [[nodiscard]] std::vector<Index> shuffle(std::uint64_t seed, Index epoch) const;

  PackedRows packed_;
  std::vector<Index> rows_;  // that have a target
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/data/detail/packed_dataset_inl.hpp>
#endif
