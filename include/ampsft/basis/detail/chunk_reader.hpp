// SPDX-License-Identifier: MIT
/// @file
/// Rows of a matrix on their way into a Gram matrix, hashed as they pass.
#pragma once

#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/linalg/row_block.hpp>
#include <ampsft/simd/gram_panels.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ampsft::detail {

/// Some chunks of a matrix (`chunk_rows`), read side by side by the threads, a few rows of each at a time: so every
/// chunk's hash is made in order, and memory does not grow with chunks or threads. Memory: where rows must be
/// converted, 4 KiB a chunk, or a row.
template <Scalar T>
class ChunkReader {
 public:
  /// Chunks at once: the same on all machines, so that sums are cut alike.
  static constexpr Index most = 16;

  /// `count` chunks, at most `most`, from `first` on.
  ChunkReader(const RowBlock<T>& block, Index first, Index count)
      : block_(&block), height_(chunk_rows(block.cols())), first_(first * height_), count_(count) {
    require(count >= 1 && count <= most, "at most ", most, " chunks are read at once, not ", count);
  }

  [[nodiscard]] Index first_row() const noexcept { return first_; }

  /// Rows in all.
  [[nodiscard]] Index rows() const { return std::min(count_ * height_, block_->rows() - first_); }

  /// Puts the next rows of each chunk into the first places of `panels`, at most `limit`, which is at least `most`.
  /// Returns how many: 0 at the end.
  Index read(GramPanels<T>& panels, Index limit) {
    const Index share = std::min(limit / count_, height_ - done_);
    parallel_for(count_, 1, [&](Index begin, Index end) {
      for (Index chunk = begin; chunk < end; ++chunk) {
        read_chunk(chunk, rows_of(chunk, share), chunk * share, panels);
      }
    });
    const Index count = (count_ - 1) * share + rows_of(count_ - 1, share);
    done_ += share;
    return count;
  }

  /// The hash of a chunk that was read.
  [[nodiscard]] std::uint64_t hash(Index chunk) const { return hashes_[static_cast<std::size_t>(chunk)].value(); }

 private:
  /// Rows of a chunk among the next `share`; the last chunk may have fewer.
  [[nodiscard]] Index rows_of(Index chunk, Index share) const {
    return std::clamp<Index>(rows() - chunk * height_ - done_, 0, share);
  }

  void read_chunk(Index chunk, Index count, Index place, GramPanels<T>& panels) {
    const auto at = static_cast<std::size_t>(chunk);
    const Index few =
        std::clamp<Index>(block_->in_place() ? count : 4096 / static_cast<Index>(sizeof(T)) / block_->cols(), 1,
                          std::max<Index>(count, 1));
    for (Index row = 0; row < count; row += few) {
      const Index some = std::min(few, count - row);
      const auto rows = block_->read(first_ + chunk * height_ + done_ + row, some, buffers_[at]);
      for (Index i = 0; i < some; ++i) {
        hashes_[at].update(
            std::as_bytes(std::span(rows.data() + i * rows.outerStride(), static_cast<std::size_t>(rows.cols()))));
      }
      panels.put(place + row, rows);
    }
  }

  const RowBlock<T>* block_;
  Index height_;
  Index first_;
  Index count_;
  Index done_ = 0;  // rows of each chunk
  std::array<Matrix<T>, static_cast<std::size_t>(most)> buffers_ = {};
  std::array<Checksum, static_cast<std::size_t>(most)> hashes_ = {};
};

}  // namespace ampsft::detail
