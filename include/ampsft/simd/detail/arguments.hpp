// SPDX-License-Identifier: MIT
/// @file
/// Arguments of the kernels of an architecture: plain pointers and strides, in elements.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/simd/level.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>

// Every function of a kernel carries its architecture's AMPSFT_TARGET. The helpers must be inlined into it whatever the
// optimisation level; lambdas would not inherit the attribute.
#define AMPSFT_INLINE AMPSFT_TARGET __attribute__((always_inline)) inline
#define AMPSFT_UNROLL _Pragma("GCC unroll 32")
// A pointer that goes from row to row in one register: compilers would rather keep every row's address, in memory.
#define AMPSFT_RUNNING(pointer) asm("" : "+r"(pointer))

namespace ampsft::simd::detail {

/// `W = base + A P + 1 mean'`: a tall result from few columns `A`, `rows x depth`, and few rows `P`, `depth x cols`.
///
/// Reconstruction (`A = S`, `P = B`), a factored layer's output (`A = z`, `P = S'`) and sums of outer products
/// (`A = S'`, `P = dW`) are all of this form.
template <class T, class W>
struct Expand {
  Index rows = 0;
  Index cols = 0;
  Index depth = 0;

  const T* a = nullptr;
  Index a_row = 0;
  Index a_depth = 0;

  /// Column `j` of row `k` is `p[j / panel * p_panel + k * p_depth + j % panel]`, `panel` columns being what the
  /// architecture's tile takes: packed panels, or in place with `p_panel = panel`.
  const T* p = nullptr;
  Index p_depth = 0;
  Index p_panel = 0;
  /// What is left of the columns after the last whole panel is done register by register; or, where this is given and
  /// `base` is not `w`, by one more panel, the last of the columns, whose first ones are then done twice, alike.
  const T* p_last = nullptr;

  const T* mean = nullptr;  // cols; zeros where there is none
  const W* base = nullptr;  // rows x cols, or none; may be w itself
  Index base_row = 0;

  W* w = nullptr;
  Index w_row = 0;

  bool streaming = false;    // past the cache; every row on a 64-byte boundary
  bool native_bf16 = false;  // the processor converts floats to bfloat16
};

/// `S = X P'`, or `S += X P'`: long rows `X`, `rows x cols`, become few numbers each.
///
/// Projection (`P = B`), a factored layer's input side (`z = x B'`) and its backward pass (`dz = dy S`).
template <class T, class X = T>
struct Contract {
  Index rows = 0;
  Index cols = 0;
  Index rank = 0;

  const X* x = nullptr;
  Index x_row = 0;
  const T* mean = nullptr;  // cols, taken away from each row; or none; `dot` only
  T* squares = nullptr;     // rows, to which the squared norms of the rows are added; or none; `dot` only

  /// For `dot`, row `k` of `P` starts at `p + k * p_row`. For `contract`, column `j` starts at `p + j * p_row`, its
  /// scores side by side, zeros up to `p_row`, a multiple of a register's lanes.
  const T* p = nullptr;
  Index p_row = 0;

  T* s = nullptr;
  Index s_row = 0;
  bool accumulate = false;
  Index reach = 0;  // rows from `x` on that come from beyond the second-level cache: they are asked for in time
};

/// Takes the squared norms of rows of `S` away from `squares`, down to 0 at most.
template <class T>
struct Residual {
  Index rows = 0;
  Index rank = 0;
  const T* s = nullptr;
  Index s_row = 0;
  T* squares = nullptr;  // rows
};

/// Makes rows ready for `Contract`: widens bfloat16, takes the mean away, sums squares.
template <class T, class X>
struct Stage {
  Index rows = 0;
  Index cols = 0;
  const X* x = nullptr;
  Index x_row = 0;
  const T* mean = nullptr;  // cols, or none
  T* out = nullptr;
  Index out_row = 0;
  T* squares = nullptr;  // rows, added to; or none
  Index reach = 0;       // as in `Contract`
};

/// Makes rows ready for `Gram`: takes the mean away, scales, and lays columns side by side in panels.
template <class T>
struct Panels {
  Index rows = 0;
  Index cols = 0;
  const T* x = nullptr;
  Index x_row = 0;
  const T* mean = nullptr;  // cols
  T scale = T{1};           // of what is left; a power of two rounds nothing
  T* to = nullptr;  // element (k, j) goes to `to[j / panel * p_panel + k * panel + j % panel]`, zeros after cols
  Index panel = 0;
  Index p_panel = 0;
  double* column_sums = nullptr;  // whole panels of them, added to
  Index reach = 0;                // as in `Contract`
};

/// Adds `P' P` to the lower triangle of a square in double, whole registers of it: a few columns beyond the diagonal
/// gain something, too.
template <class T>
struct Gram {
  Index rows = 0;             // of P; their products are summed in T
  const T* panels = nullptr;  // see `Panels`
  Index p_panel = 0;
  Index row = 0;  // of the product: whole tiles from here, not above the panel's own rows
  Index end_row = 0;
  Index col = 0;           // of the product: one panel from here
  double* sums = nullptr;  // element (row, col); whole tiles are added to
  Index sums_row = 0;
};

/// `C = A B + 1 bias'`, or added to `C`, for a block of each.
template <class T>
struct Gemm {
  Index rows = 0;
  Index cols = 0;
  Index depth = 0;
  /// Element `(i, k)` of A at `a[i / strip * a_strip + i % strip * a_row + k * a_depth]`, `strip` being the rows of a
  /// tile.
  const T* a = nullptr;
  Index a_strip = 0;
  Index a_row = 0;
  Index a_depth = 0;
  /// Element `(k, j)` of B at `b[j / panel * b_panel + k * panel + j % panel]`, zeros up to whole panels.
  const T* b = nullptr;
  Index b_panel = 0;
  const T* bias = nullptr;  // cols, or none
  T* c = nullptr;
  Index c_row = 0;
  bool accumulate = false;
};

/// Which memory to ask for while a tile of rows passes: at each step `next[r * row]` for its rows, then `step` further.
///
/// Rows without gaps are asked for in the order of memory (measured on Zen 5, 48 MB, 8 scores: 1.3 times as fast as row
/// by row), others row by row: far enough ahead for the memory's latency, near enough to find them still in the
/// first-level cache. What does not exist must not be asked for: a prefetch never faults, but looking up a page that is
/// not there takes longer than a row's work.
template <class X>
struct Ahead {
  const X* next = nullptr;
  Index row = 0;
  Index step = 0;

  /// For `rows` rows of `cols` at `x`; each step takes `unit` columns of each. Only if they exist.
  Ahead(const X* x, Index rows, Index cols, Index x_row, Index unit) noexcept
      : next(x + (x_row == cols ? bytes_in_order / size : rows_ahead(rows, cols) * x_row)),
        row(x_row == cols ? unit : x_row),
        step(x_row == cols ? rows * unit : unit) {}

  /// Rows that must follow a tile, or nothing is to be asked for.
  static constexpr Index rows_needed(Index rows, Index cols, Index x_row) noexcept {
    return x_row == cols ? (bytes_in_order / size + cols - 1) / std::max<Index>(cols, 1) : rows_ahead(rows, cols);
  }

 private:
  static constexpr Index size = static_cast<Index>(sizeof(X));
  static constexpr Index bytes_in_order = Index{16} << 10;

  static constexpr Index rows_ahead(Index rows, Index cols) noexcept {
    constexpr Index bytes = Index{8} << 10;
    return std::max(rows, bytes / std::max<Index>(cols * size, 1));
  }
};

/// Rows `row_bytes` apart of which some neighbouring lines each fit into the first-level cache together, 96 at most.
/// Addresses a multiple of 4 KiB apart share a set, which holds 8 lines or more. Measured: with rows of 4 or 8 KiB,
/// blocks of 48 rows took two to three times as long as blocks of 8.
constexpr Index rows_without_conflict(Index row_bytes) noexcept {
  constexpr Index way = 4096;
  constexpr Index ways = 8;
  return std::min<Index>(ways * (way / std::gcd(way, row_bytes)), 96);
}

/// Depth of `Expand` up to which storing takes longer than computing.
inline constexpr Index little_depth = 12;

/// Depth of `Expand` up to which the lines of P may stay in registers, where there are enough of them.
inline constexpr Index few_depth = 8;

constexpr Index round_up(Index value, Index multiple) noexcept {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace ampsft::simd::detail
