// SPDX-License-Identifier: MIT
/// @file
/// Arguments of the attention kernels and the layout of their scratch memory.
#pragma once

#include <ampsft/simd/detail/arguments.hpp>

#include <cstdint>

namespace ampsft::simd::detail {

/// Queries of a block and keys of a tile: multiples of every architecture's rows and lanes. Their scores and the parts
/// of Q, K and V that meet them stay in the first two caches.
inline constexpr Index attention_queries = 48;
inline constexpr Index attention_keys = 96;
/// Columns of a head that lie side by side in scratch memory; wider heads go in several panels, so that rows are never
/// so far apart that they share few sets of the cache.
inline constexpr Index attention_columns = 64;

/// Some blocks of queries of one sequence that share a head of keys: `group` heads, whose columns lie side by side.
///
/// Query `i` stands at place `offset + i` and sees the keys from `first[place]` (or 0) to its place.
template <class T>
struct Attention {
  Index queries = 0;
  Index keys = 0;
  Index width = 0;  // of a head
  Index group = 0;
  const T* q = nullptr;
  Index q_row = 0;
  const T* k = nullptr;
  Index k_row = 0;
  const T* v = nullptr;
  Index v_row = 0;
  const std::int32_t* first = nullptr;  // keys; or none
  T scale{};                            // of scores
  Index begin = 0;                      // blocks, head after head
  Index end = 0;
  T* y = nullptr;  // in the gradient only read
  Index y_row = 0;
  T* log_sum = nullptr;  // base 2; queries, head after head; in the gradient only read
  T* scratch = nullptr;

  [[nodiscard]] Index offset() const noexcept { return keys - queries; }
  [[nodiscard]] Index blocks() const noexcept { return (queries + attention_queries - 1) / attention_queries; }
};

/// The gradients for those blocks. Those of keys and values are sums over the blocks; each may be none.
template <class T>
struct AttentionGradient : Attention<T> {
  const T* dy = nullptr;
  Index dy_row = 0;
  T* dq = nullptr;
  Index dq_row = 0;
  bool add_q = false;
  T* dk = nullptr;
  Index dk_row = 0;
  bool add_k = false;
  T* dv = nullptr;
  Index dv_row = 0;
  bool add_v = false;
};

/// One block of queries.
struct AttentionBlock {
  Index head = 0;   // of the group
  Index start = 0;  // its first query,
  Index count = 0;
  Index low = 0;   // the first key that any of them sees,
  Index high = 0;  // and the end of those that the last sees
};

template <class T>
AttentionBlock attention_block(const Attention<T>& a, Index block) noexcept {
  AttentionBlock b;
  b.head = block / a.blocks();
  b.start = block % a.blocks() * attention_queries;
  b.count = std::min(attention_queries, a.queries - b.start);
  b.high = a.offset() + b.start + b.count;
  if (a.first != nullptr) {
    const std::int32_t* const first = a.first + a.offset() + b.start;
    b.low = std::min<Index>(*std::min_element(first, first + b.count), b.high);
  }
  return b;
}

/// Where things lie in scratch memory. A panel holds `attention_columns` columns of its rows, or all if there are
/// fewer; `row` is the distance of rows, `panel` that of panels.
template <class T>
struct AttentionPanels {
  T* data = nullptr;
  Index row = 0;
  Index panel = 0;

  [[nodiscard]] T* at(Index r, Index col) const noexcept {
    return data + col / attention_columns * panel + r * row + col % attention_columns;
  }
};

/// Hands out pieces of scratch memory, on lines; without memory, it only counts.
template <class T>
struct AttentionScratch {
  T* data = nullptr;
  Index used = 0;

  T* take(Index count) noexcept {
    T* const piece = data != nullptr ? data + used : nullptr;
    used += round_up(count, 64 / static_cast<Index>(sizeof(T)));
    return piece;
  }
  /// Rows of a head. A fixed distance of rows lets kernels address several from one pointer.
  AttentionPanels<T> rows(Index count, Index width, bool fixed) noexcept {
    const Index panels = (width + attention_columns - 1) / attention_columns;
    const Index row =
        fixed ? attention_columns : std::min(round_up(width, 64 / static_cast<Index>(sizeof(T))), attention_columns);
    return {take(panels * count * row), row, count * row};
  }
};

/// Scratch memory of the forward pass; `lanes` for each query.
template <class T>
struct AttentionForwardScratch {
  T* k_across;           // tiles of width x attention_keys
  AttentionPanels<T> v;  // keys
  AttentionPanels<T> q;  // queries
  AttentionPanels<T> y;
  T* scores;
  T* sums;     // of each lane, a line a query
  T* maximum;  // what scores of a query are taken against
  Index size;

  AttentionForwardScratch(T* data, Index keys, Index width) noexcept {
    AttentionScratch<T> s{data};
    k_across = s.take(round_up(keys, attention_keys) * width);
    v = s.rows(round_up(keys, attention_keys), width, false);
    q = s.rows(attention_queries, width, true);
    y = s.rows(attention_queries, width, true);
    scores = s.take(attention_queries * attention_keys);
    sums = s.take(attention_queries * (64 / static_cast<Index>(sizeof(T))));
    maximum = s.take(attention_queries);
    size = s.used;
  }
};

template <class T>
struct AttentionBackwardScratch {
  T* k_across;
  T* v_across;
  AttentionPanels<T> k;
  AttentionPanels<T> dk;
  AttentionPanels<T> dv;
  AttentionPanels<T> q;
  AttentionPanels<T> dy;
  AttentionPanels<T> dq;
  T* p;
  T* ds;
  T* along;  // of each query, y dy'
  Index size;

  AttentionBackwardScratch(T* data, Index keys, Index width) noexcept {
    const Index padded = round_up(keys, attention_keys);
    AttentionScratch<T> s{data};
    k_across = s.take(padded * width);
    v_across = s.take(padded * width);
    k = s.rows(padded, width, false);
    dk = s.rows(padded, width, false);
    dv = s.rows(padded, width, false);
    q = s.rows(attention_queries, width, true);
    dy = s.rows(attention_queries, width, true);
    dq = s.rows(attention_queries, width, true);
    p = s.take(attention_queries * attention_keys);
    ds = s.take(attention_queries * attention_keys);
    along = s.take(attention_queries);
    size = s.used;
  }
};

}  // namespace ampsft::simd::detail
