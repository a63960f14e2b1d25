// SPDX-License-Identifier: MIT
/// @file
/// Sums of outer products, `G = A' X`: an `Expand` whose few rows are columns of `A`.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/detail/memory.hpp>
#include <ampsft/simd/detail/rows.hpp>
#include <ampsft/simd/detail/with_level.hpp>

#include <algorithm>

namespace ampsft::simd::detail {

/// `G += A' X` for columns of one thread: `A` `rows x rank` (few columns), `X` `rows x cols`, `G` `rank x cols`.
///
/// In blocks of rows, so that the lines of `X` come once from memory and then from the first-level cache. `X` may be
/// bfloat16: each block is dequantized first.
template <class Code, class T, class X>
void outer_add(Index rows, Index rank, Index cols, const T* a, Index a_row, const X* x, Index x_row, T* g,
               Index g_row) {
  constexpr Index block = 64;
  Expand<T, T> e;
  e.rows = rank;
  e.cols = cols;
  e.a_row = 1;
  e.a_depth = a_row;
  const Index wide_row = round_up(cols, 16) + 16;  // no power of 2, whose rows would fall on the same cache lines
  e.p_depth = std::same_as<T, X> ? x_row : wide_row;
  e.p_panel = Code::template panel<T>;
  struct Use;
  T* const zeros = scratch<Use, T>(cols);
  std::fill_n(zeros, cols, T{0});
  e.mean = zeros;
  e.base = g;
  e.base_row = g_row;
  e.w = g;
  e.w_row = g_row;
  for (Index row = 0; row < rows; row += block) {
    e.depth = std::min(block, rows - row);
    e.a = a + row * a_row;
    if constexpr (std::same_as<T, X>) {
      e.p = x + row * x_row;
    } else {
      struct Wide;
      T* const wide = scratch<Wide, T>(block * wide_row);
      Code::stage(Stage<T, X>{e.depth, cols, x + row * x_row, x_row, nullptr, wide, wide_row, nullptr, 0});
      e.p = wide;
    }
    Code::expand_onto(e);
  }
}

/// `G = A' X` or `G += A' X`, columns spread over threads.
template <class T, class X>
void run_outer(Index rows, Index rank, Index cols, const T* a, Index a_row, const X* x, Index x_row, T* g, Index g_row,
               bool accumulate) {
  with_level([&](auto code) {
    constexpr Index line = 16;  // columns that never part, so that threads do not share lines
    parallel_for((cols + line - 1) / line, grain_of(rows * rank * line), [&](Index begin, Index end) {
      const Index first = begin * line;
      const Index count = std::min(end * line, cols) - first;
      if (!accumulate) {
        for (Index k = 0; k < rank; ++k) {
          std::fill_n(g + k * g_row + first, count, T{0});
        }
      }
      outer_add<decltype(code)>(rows, rank, count, a, a_row, x + first, x_row, g + first, g_row);
    });
  });
}

AMPSFT_INSTANCE(void run_outer(Index, Index, Index, const float*, Index, const float*, Index, float*, Index, bool));
AMPSFT_INSTANCE(void run_outer(Index, Index, Index, const double*, Index, const double*, Index, double*, Index, bool));
AMPSFT_INSTANCE(void run_outer(Index, Index, Index, const float*, Index, const BFloat16*, Index, float*, Index, bool));

}  // namespace ampsft::simd::detail
