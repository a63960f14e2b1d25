// SPDX-License-Identifier: MIT
/// @file
/// Attention over threads: blocks of queries, cut so that every thread has as many scores to compute.
#pragma once

#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/detail/attention_arguments.hpp>
#include <ampsft/simd/detail/memory.hpp>

namespace ampsft::simd::detail {

/// All units of a call: a unit is a sequence and a head of keys, with all blocks of the queries that meet it. They are
/// numbered sequence after sequence.
template <class T>
struct AttentionUnits {
  Attention<T> shape;  // of every unit; its `first` is that of the first sequence
  Index sequences = 0;
  Index kv_heads = 0;

  [[nodiscard]] Index unit_blocks() const noexcept { return shape.group * shape.blocks(); }
  [[nodiscard]] Index count() const noexcept { return sequences * kv_heads; }

  [[nodiscard]] const std::int32_t* first(Index sequence) const noexcept {
    return shape.first != nullptr ? shape.first + sequence * shape.keys : nullptr;
  }

  /// Keys that a block meets, and some more for what is done once a block.
  [[nodiscard]] Index cost(Index sequence, Index block) const noexcept {
    Attention<T> own = shape;
    own.first = first(sequence);
    const AttentionBlock b = attention_block(own, block);
    return b.high - b.low + attention_keys;
  }

  [[nodiscard]] Index head_cost(Index sequence) const noexcept {
    Index sum = 0;
    for (Index block = 0; block < shape.blocks(); ++block) {
      sum += cost(sequence, block);
    }
    return sum;
  }

  [[nodiscard]] Index total_cost() const noexcept {
    Index sum = 0;
    for (Index sequence = 0; sequence < sequences; ++sequence) {
      sum += kv_heads * shape.group * head_cost(sequence);
    }
    return sum;
  }

  /// The first block, of all units, before which blocks of at least `wanted` lie.
  [[nodiscard]] Index block_at(Index wanted) const noexcept {
    Index block = 0;
    for (Index sequence = 0; sequence < sequences; ++sequence) {
      const Index own = head_cost(sequence);
      const Index heads = std::min(wanted / own, kv_heads * shape.group);
      block += heads * shape.blocks();
      wanted -= heads * own;
      if (heads < kv_heads * shape.group) {
        for (Index b = 0; wanted > 0; ++b, ++block) {
          wanted -= cost(sequence, b);
        }
        return block;
      }
    }
    return block;
  }
};

/// A thread's blocks of one unit.
struct AttentionPiece {
  Index unit;
  Index begin;
  Index end;
};

/// Calls `body(thread, piece, whole)` for each thread's pieces in order, all threads at once. `whole`: the piece is all
/// of its unit, or the unit's other pieces are other threads'.
template <class T, class Body>
void for_attention_pieces(const AttentionUnits<T>& units, Index threads, Index thread, Body&& body) {
  const Index total = units.total_cost();
  const Index first = units.block_at(total * thread / threads);
  const Index last = units.block_at(total * (thread + 1) / threads);
  const Index blocks = units.unit_blocks();
  for (Index block = first; block < last;) {
    const Index unit = block / blocks;
    const Index end = std::min(last, (unit + 1) * blocks);
    body(AttentionPiece{unit, block - unit * blocks, end - unit * blocks});
    block = end;
  }
}

/// Threads that the work is worth.
template <class T>
Index attention_threads(const AttentionUnits<T>& units) {
  constexpr Index least = Index{1} << 18;  // multiply-adds
  const Index work = units.total_cost() * attention_queries * units.shape.width;
  return std::clamp<Index>(work / least, 1, thread_count());
}

}  // namespace ampsft::simd::detail
