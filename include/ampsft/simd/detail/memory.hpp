// SPDX-License-Identifier: MIT
/// @file
/// Memory around the kernels: buffers that are kept, packed operands, and when stores pass the cache.
#pragma once

#include <ampsft/core/aligned_allocator.hpp>
#include <ampsft/simd/detail/arguments.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ampsft::simd::detail {

/// This thread's buffer for `Use`, on a cache-line boundary; grows and stays, so that equal calls allocate
/// once (without OpenMP, the other threads live for one call only).
template <class Use, class T>
T* scratch(Index count) {
  static thread_local std::vector<T, AlignedAllocator<T>> buffer;
  if (static_cast<Index>(buffer.size()) < count) {
    buffer.resize(static_cast<std::size_t>(count));
  }
  return buffer.data();
}

/// The small factor of a product in any layout: element `(k, j)` is `scale * data[k * k_stride + j * j_stride]`.
template <class T>
struct Strided {
  const T* data;
  Index k_stride;
  Index j_stride;
  T scale = T{1};

  /// Whether kernels can read rows where they are.
  [[nodiscard]] bool in_place() const noexcept { return j_stride == 1 && scale == T{1}; }
  [[nodiscard]] T operator()(Index k, Index j) const noexcept { return scale * data[k * k_stride + j * j_stride]; }
};

/// Packs `P` (`depth x cols`) in panels of `panel` columns, each panel `depth` lines; with `overlap`, the last panel
/// holds the last `panel` columns.
template <class T>
void pack_panels(const Strided<T>& p, Index depth, Index cols, Index panel, bool overlap, T* to) {
  for (Index start = 0; start < cols; start += panel, to += depth * panel) {
    const Index col = overlap ? std::min(start, cols - panel) : start;
    const Index count = std::min(panel, cols - col);
    for (Index k = 0; k < depth; ++k) {
      for (Index j = 0; j < count; ++j) {
        to[k * panel + j] = p(k, col + j);
      }
    }
  }
}

/// Packs `P` (`rank x cols`) for `Contract` by columns: column `j` at `to + j * stride`, zeros after its scores.
template <class T>
void pack_columns(const Strided<T>& p, Index rank, Index cols, Index stride, T* to) {
  for (Index j = 0; j < cols; ++j) {
    for (Index k = 0; k < rank; ++k) {
      to[j * stride + k] = p(k, j);
    }
    std::fill(to + j * stride + rank, to + (j + 1) * stride, T{0});
  }
}

/// Packs `P` by rows: row `k` at `to + k * stride`.
template <class T>
void pack_rows(const Strided<T>& p, Index rank, Index cols, Index stride, T* to) {
  for (Index k = 0; k < rank; ++k) {
    for (Index j = 0; j < cols; ++j) {
      to[k * stride + j] = p(k, j);
    }
  }
}

/// Bytes of output from which on stores pass the cache. They spare the reading of each line before it is overwritten,
/// but whoever reads the output next finds it in memory. Where a large last-level cache still holds the old output,
/// prefetched stores are up to 15 % faster; where it does not, they take two to four times as long (measured).
inline constexpr Index streaming_threshold = Index{16} << 20;

}  // namespace ampsft::simd::detail
