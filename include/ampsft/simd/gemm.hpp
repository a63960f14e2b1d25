// SPDX-License-Identifier: MIT
/// @file
/// The product of two matrices of any shape, either transposed: the frozen side of every layer.
///
/// Eigen's product runs at the speed of the instructions that the program was compiled for, a quarter or an eighth of
/// the processor's in a build without architecture flags, and a BLAS must know the processor; this one is chosen at run
/// time like all kernels here. bench/RESULTS.md compares them.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/arithmetic.hpp>
#include <ampsft/simd/detail/gemm_pack.hpp>
#include <ampsft/simd/detail/gemm_pack_pairs.hpp>
#include <ampsft/simd/detail/memory.hpp>
#include <ampsft/simd/detail/rows.hpp>
#include <ampsft/simd/detail/with_level.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <algorithm>

namespace ampsft {

namespace simd::detail {

/// Elements of B that are packed at once, to be read by all threads: 4 MiB of floats.
inline constexpr Index gemm_packed = Index{1} << 20;
/// Bytes of one line of a panel's depth: a panel of this depth fits the first-level cache.
inline constexpr Index gemm_depth_bytes = 320 * 4;
/// Rows of A that pass each panel: they stay in the second-level cache.
inline constexpr Index gemm_block_rows = 120;

/// Equal parts of `whole`, each of `most` at most.
constexpr Index equal_part(Index whole, Index most, Index multiple) noexcept {
  const Index parts = std::max<Index>((whole + most - 1) / most, 1);
  return round_up((whole + parts - 1) / parts, multiple);
}

/// `C = A B (+ C) + 1 bias'` with all of B packed, in parts of its depth, each in panels.
template <class Code, class T>
struct GemmBlock {
  GemmFactor<T> a;
  const T* packed;
  Index part;
  Index packed_cols;
  const T* bias;
  T* c;
  Index c_row;
  bool accumulate;
  bool pairs;  // of bfloat16, two in an element

  static constexpr Index strip = Code::gemm_rows;
  static constexpr Index panel = Code::template gemm_panel<T>;

  /// Some rows and columns of C; `col` begins a panel.
  void run(Index row, Index rows, Index col, Index cols) const noexcept {
    const Index depth = a.cols;
    for (Index first = row; first < row + rows; first += gemm_block_rows) {
      const Index count = std::min(gemm_block_rows, row + rows - first);
      for (Index k = 0; k < depth; k += part) {
        Gemm<T> g;
        g.rows = count;
        g.cols = cols;
        const Index here = std::min(part, depth - k);
        g.depth = pairs ? (here + 1) / 2 : here;
        g.a = a.at(first, k);
        g.a_row = a.row_stride;
        g.a_depth = a.col_stride;
        if (pairs || a.col_stride != 1) {
          struct Use;
          T* const strips = scratch<Use, T>(round_up(gemm_block_rows, strip) * part);
          pack(first, count, k, here, strips);
          g.a = strips;
          g.a_row = 1;
          g.a_depth = strip;
          g.a_strip = strip * g.depth;
        } else {
          g.a_strip = strip * a.row_stride;
        }
        g.b = packed + (pairs ? k / 2 : k) * round_up(packed_cols, panel) + col / panel * (g.depth * panel);
        g.b_panel = g.depth * panel;
        g.bias = k == 0 && bias != nullptr ? bias + col : nullptr;
        g.c = c + first * c_row + col;
        g.c_row = c_row;
        g.accumulate = accumulate || k > 0;
        multiply(g);
      }
    }
  }

 private:
  void pack(Index row, Index rows, Index k, Index depth, T* to) const noexcept {
    if constexpr (std::same_as<T, float>) {
      if (pairs) {
        return pack_strip_pairs(a, row, rows, k, depth, to, strip);
      }
    }
    pack_strips(a, row, rows, k, depth, to, strip);
  }

  void multiply(const Gemm<T>& g) const noexcept {
    if constexpr (Code::has_pairs && std::same_as<T, float>) {
      if (pairs) {
        return Code::gemm_pairs(g);
      }
    }
    Code::gemm(g);
  }
};

/// How much of B is packed at once: all of its depth where that leaves room for many columns, else a part of both.
struct GemmPiece {
  Index depth;
  Index cols;

  GemmPiece(Index all_depth, Index all_cols, Index panel, Index part) {
    constexpr Index many_cols = 1024;
    const Index least = std::min(round_up(all_cols, panel), round_up(many_cols, panel));
    const Index most = std::max(gemm_packed / all_depth / panel * panel, least);
    cols = equal_part(all_cols, most, panel);
    const Index parts = std::max<Index>(gemm_packed / cols / part, 1);
    depth = std::min(all_depth, parts * part);
  }
};

/// `C = A B (+ C) + 1 bias'` with a piece of B: packed by all threads, then read by all of them.
template <class Code, class T, class S>
void gemm_piece(const GemmFactor<T>& a, const GemmFactor<S>& b, Index part, T scale, const T* bias, T* c, Index c_row,
                bool accumulate, bool pairs, T* packed) {
  constexpr Index panel = Code::template gemm_panel<T>;
  constexpr Index strip = Code::gemm_rows;
  const Index panels = (b.cols + panel - 1) / panel;
  parallel_for(panels, grain_of(panel * b.rows * 8), [&](Index begin, Index end) {
    for (Index k = 0; k < b.rows; k += part) {
      const Index count = std::min(part, b.rows - k);
      const Index lines = pairs ? (count + 1) / 2 : count;
      for (Index i = begin; i < end; ++i) {
        T* const to = packed + (pairs ? k / 2 : k) * panels * panel + i * lines * panel;
        const Index cols = std::min(panel, b.cols - i * panel);
        if constexpr (std::same_as<T, float>) {
          if (pairs) {
            pack_panel_pairs(b, k, count, i * panel, cols, scale, to, panel);
            continue;
          }
        }
        pack_panel(b, k, count, i * panel, cols, scale, to, panel);
      }
    }
  });
  const GemmBlock<Code, T> block{a, packed, part, b.cols, bias, c, c_row, accumulate, pairs};
  // Threads share rows; where there are few of them, columns too.
  const Index strips = (a.rows + strip - 1) / strip;
  const Index groups = std::clamp<Index>(4 * thread_count() / strips, 1, panels);
  parallel_for(strips * groups, grain_of(strip * b.cols / groups * b.rows), [&](Index begin, Index end) {
    for (Index task = begin; task < end;) {
      const Index group = task / strips;
      const Index first = task % strips;
      const Index count = std::min(end - task, strips - first);
      const Index col = panels * group / groups * panel;
      const Index end_col = std::min(panels * (group + 1) / groups * panel, b.cols);
      block.run(first * strip, std::min(count * strip, a.rows - first * strip), col, end_col - col);
      task += count;
    }
  });
}

template <class T, class S>
void run_gemm(const GemmFactor<T>& a, const GemmFactor<S>& b, T scale, const T* bias, T* c, Index c_row,
              bool accumulate, Arithmetic arithmetic) {
  with_level([&](auto code) {
    using Code = decltype(code);
    constexpr Index panel = Code::template gemm_panel<T>;
    const bool pairs = arithmetic == Arithmetic::bf16 && std::same_as<T, float> && Code::has_pairs && converts_bf16();
    const Index most_part = (pairs ? 2 : 1) * gemm_depth_bytes / static_cast<Index>(sizeof(T));
    const Index part = equal_part(a.cols, most_part, pairs ? 2 : 1);
    const GemmPiece piece(a.cols, b.cols, panel, part);
    struct Use;
    T* const packed = scratch<Use, T>(piece.cols * piece.depth);
    for (Index col = 0; col < b.cols; col += piece.cols) {
      const Index cols = std::min(piece.cols, b.cols - col);
      for (Index k = 0; k < a.cols; k += piece.depth) {
        const Index depth = std::min(piece.depth, a.cols - k);
        gemm_piece<Code, T, S>(a.part(0, k, a.rows, depth), b.part(k, col, depth, cols), part, scale,
                               k == 0 && bias != nullptr ? bias + col : nullptr, c + col, c_row, accumulate || k > 0,
                               pairs, packed);
      }
    }
  });
}

AMPSFT_INSTANCE(void run_gemm(const GemmFactor<float>&, const GemmFactor<float>&, float, const float*, float*, Index,
                              bool, Arithmetic));
AMPSFT_INSTANCE(void run_gemm(const GemmFactor<float>&, const GemmFactor<BFloat16>&, float, const float*, float*, Index,
                              bool, Arithmetic));
AMPSFT_INSTANCE(void run_gemm(const GemmFactor<double>&, const GemmFactor<double>&, double, const double*, double*,
                              Index, bool, Arithmetic));

}  // namespace simd::detail

/// One factor of a product: a matrix as it lies, or its transpose.
template <Storage S>
class Factor {
 public:
  /// The matrix itself, row-major.
  static Factor plain(const ConstView<S>& matrix) {
    return Factor({matrix.data(), matrix.rows(), matrix.cols(), matrix.outerStride(), 1});
  }

  /// Its transpose.
  static Factor transposed(const ConstView<S>& matrix) {
    return Factor({matrix.data(), matrix.cols(), matrix.rows(), 1, matrix.outerStride()});
  }

  [[nodiscard]] const simd::detail::GemmFactor<S>& parts() const noexcept { return parts_; }

 private:
  explicit Factor(const simd::detail::GemmFactor<S>& parts) : parts_(parts) {}
  simd::detail::GemmFactor<S> parts_;
};

/// `C = scale A B + 1 bias'`, or added to `C`.
///
/// Shapes: `a` `m x k`, `b` `k x n` (bfloat16 is dequantized while it is packed), `c` `m x n`, `bias` `1 x n` or no
/// rows. `c` must not overlap the others. Throws `Error` if they do not fit. Cost: `m n k` multiply-adds on all
/// threads. Memory: 4 MiB of packed `b`, kept by each thread that calls. Each element is summed in one order whatever
/// the thread count. After Goto and van de Geijn 2008.
template <Scalar T, Storage S = T>
void gemm(const std::type_identity_t<Factor<T>>& a, const std::type_identity_t<Factor<S>>& b,
          std::type_identity_t<View<T>> c, WriteMode mode = WriteMode::overwrite, T scale = T{1},
          const std::type_identity_t<ConstView<T>>& bias = ConstMatrixMap<T>(nullptr, 0, 0),
          Arithmetic arithmetic = Arithmetic::full) {
  static_assert(std::same_as<T, S> || std::same_as<T, float>, "bfloat16 is computed in float");
  require(a.parts().rows == c.rows() && b.parts().cols == c.cols() && a.parts().cols == b.parts().rows,
          "gemm: factors of ", a.parts().rows, " x ", a.parts().cols, " and ", b.parts().rows, " x ", b.parts().cols,
          " do not make ", c.rows(), " x ", c.cols());
  require(bias.rows() == 0 || (bias.rows() == 1 && bias.cols() == c.cols()), "gemm: the bias must be 1 x ", c.cols());
  if (c.size() == 0) {
    return;
  }
  if (a.parts().cols == 0) {
    if (mode == WriteMode::overwrite) {
      c.setZero();
    }
    if (bias.rows() == 1) {
      c.rowwise() += bias.row(0);
    }
    return;
  }
  simd::detail::run_gemm<T, S>(a.parts(), b.parts(), scale, bias.rows() == 1 ? bias.data() : nullptr, c.data(),
                               c.outerStride(), mode == WriteMode::add, arithmetic);
}

}  // namespace ampsft
