// SPDX-License-Identifier: MIT
/// @file
/// `Expand` past the cache, whatever the alignment of the rows.
#pragma once

#include <ampsft/simd/detail/memory.hpp>
#include <ampsft/simd/detail/stream_line.hpp>
#include <ampsft/simd/detail/with_level.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace ampsft::simd::detail {

/// Streams `to`, of rows that follow each other without a gap and begin anywhere: the lines that two rows share are put
/// together here and streamed whole, since storing their halves one by one would cost a reading of each line.
template <class W>
class SharedLines {
 public:
  static constexpr Index elements = 64 / static_cast<Index>(sizeof(W));

  SharedLines(W* to, Index row, Index rows)
      : to_(to), row_(row), rows_(rows), lines_(scratch<SharedLines, W>((rows + 1) * elements)) {}

  /// Where the first `count` elements of row `i` go; the next row's lie one line further.
  [[nodiscard]] W* head(Index i, Index count) const noexcept { return lines_ + (i + 1) * elements - count; }
  /// Where the last elements of row `i` go.
  [[nodiscard]] W* tail(Index i) const noexcept { return lines_ + (i + 1) * elements; }

  void flush() const noexcept {
    for (Index i = 0; i <= rows_; ++i) {
      const auto before = static_cast<Index>(reinterpret_cast<std::uintptr_t>(to_ + i * row_) / sizeof(W)) % elements;
      W* const start = to_ + i * row_ - before;
      const W* const line = lines_ + i * elements;
      if (before == 0) {
        continue;
      }
      if (i == 0) {
        std::copy(line + before, line + elements, start + before);
      } else if (i == rows_) {
        std::copy(line, line + before, start);
      } else {
        stream_line(start, line);
      }
    }
  }

 private:
  W* to_;
  Index row_;
  Index rows_;
  W* lines_;
};

/// Streams rows of any alignment. Lines begin at another column in each row, but rows `period` apart begin alike: those
/// go together.
template <class Code, class T, class W>
void expand_streaming(const Expand<T, W>& e) {
  constexpr Index line = SharedLines<W>::elements;
  const bool whole = reinterpret_cast<std::uintptr_t>(e.w) % sizeof(W) == 0;  // lines hold whole elements
  if (e.cols < line || !whole) {
    Code::expand(e);
    return;
  }
  const Index period = line / std::gcd(line, e.w_row);
  const Index block = period == 1 ? e.rows : 12 * period;
  const bool gapless = e.w_row == e.cols;
  for (Index first = 0; first < e.rows; first += block) {
    const Index count = std::min(block, e.rows - first);
    W* const to = e.w + first * e.w_row;
    const SharedLines<W> shared(to, e.w_row, period == 1 ? 0 : count);
    for (Index i = 0; i < std::min(period, count); ++i) {
      // The columns `[col, col + cols)` of the rows `i`, `i + period`, ..., into `w`.
      const auto part = [&](Index col, Index cols, W* w, Index w_row, bool streaming) {
        if (cols == 0) {
          return;
        }
        Expand<T, W> some = e;
        some.rows = (count - i + period - 1) / period;
        some.cols = cols;
        some.a = e.a + (first + i) * e.a_row;
        some.a_row = e.a_row * period;
        some.p = e.p + col;
        some.mean = e.mean + col;
        some.base = e.base != nullptr ? e.base + (first + i) * e.base_row + col : nullptr;
        some.base_row = e.base_row * period;
        some.w = w;
        some.w_row = w_row * period;
        some.streaming = streaming;
        Code::expand(some);
      };
      W* const row = to + i * e.w_row;
      const Index before = static_cast<Index>(reinterpret_cast<std::uintptr_t>(row) / sizeof(W)) % line;
      const Index head = (line - before) % line;
      const Index body = (e.cols - head) / line * line;
      const Index tail = e.cols - head - body;
      const bool sharing = gapless && period > 1;
      part(0, head, sharing ? shared.head(i, head) : row, sharing ? line : e.w_row, false);
      part(head, body, row + head, e.w_row, true);
      part(head + body, tail, sharing ? shared.tail(i) : row + head + body, sharing ? line : e.w_row, false);
    }
    if (gapless && period > 1) {
      shared.flush();
    }
  }
}

}  // namespace ampsft::simd::detail
