// SPDX-License-Identifier: MIT
/// @file
/// What the doors of this room hand to the kernels of an architecture: plain pointers and strides, in elements.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/simd/level.hpp>

#include <cstdint>

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
  Index rows = 0;  // of P; their products are summed in T
  Index cols = 0;
  const T* panels = nullptr;  // see `Panels`
  Index p_panel = 0;
  double* sums = nullptr;  // whole panels of rows and columns
  Index sums_row = 0;
};

/// Rows of `width` bytes between a row in use and the one to ask memory for: far enough for its latency, near enough to
/// find it still in the first-level cache. Rows that do not exist must not be asked for: a prefetch never faults, but
/// looking up a page that is not there takes longer than a row's work.
constexpr Index rows_ahead(Index tile_rows, Index width) noexcept {
  constexpr Index bytes_ahead = Index{8} << 10;
  return std::max(tile_rows, bytes_ahead / std::max<Index>(width, 1));
}

/// Depth of `Expand` up to which storing takes longer than computing.
inline constexpr Index little_depth = 12;

constexpr Index round_up(Index value, Index multiple) noexcept {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace ampsft::simd::detail
