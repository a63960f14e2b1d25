// SPDX-License-Identifier: MIT
/// @file
/// Lays the factors of `Gemm` out as its kernel reads them.
#pragma once

#include <ampsft/core/half.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/widen.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace ampsft::simd::detail {

/// A factor of a product anywhere in memory: element `(i, j)` at `data[i * row_stride + j * col_stride]`; one of the
/// strides is 1.
template <class S>
struct GemmFactor {
  const S* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index row_stride = 0;
  Index col_stride = 1;

  [[nodiscard]] GemmFactor part(Index i, Index j, Index count_rows, Index count_cols) const noexcept {
    return {at(i, j), count_rows, count_cols, row_stride, col_stride};
  }
  [[nodiscard]] const S* at(Index i, Index j) const noexcept { return data + i * row_stride + j * col_stride; }
};

/// Four neighbouring elements, in a vector that every compiler knows.
template <class T>
struct FourOf {
  typedef T type __attribute__((vector_size(4 * sizeof(T))));  // NOLINT(modernize-use-using): GCC needs it
};
template <class T>
using Four = typename FourOf<T>::type;

template <class T, class S>
void load_four(const S* from, Four<T>& to) noexcept {
  if constexpr (std::same_as<T, S>) {
    std::memcpy(&to, from, sizeof to);
  } else {
    static_assert(std::same_as<T, float> && std::same_as<S, BFloat16>);
    Four<std::uint16_t> bits;
    std::memcpy(&bits, from, sizeof bits);
    const Four<std::uint16_t> zeros{};
    const auto dequantized = __builtin_shufflevector(zeros, bits, 0, 4, 1, 5, 2, 6, 3, 7);
    std::memcpy(&to, &dequantized, sizeof to);
  }
}

/// Rows become columns.
template <class T>
void transpose(Four<T> (&m)[4]) noexcept {
  const Four<T> ab_low = __builtin_shufflevector(m[0], m[1], 0, 4, 1, 5);
  const Four<T> ab_high = __builtin_shufflevector(m[0], m[1], 2, 6, 3, 7);
  const Four<T> cd_low = __builtin_shufflevector(m[2], m[3], 0, 4, 1, 5);
  const Four<T> cd_high = __builtin_shufflevector(m[2], m[3], 2, 6, 3, 7);
  m[0] = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  m[1] = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  m[2] = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  m[3] = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/// `to[k * stride + j] = scale * from[j * from_stride + k]` for `j` below 4 and `k` below `depth`, in squares of 4
/// by 4.
template <class T, class S>
void pack_four_columns(const S* from, Index from_stride, Index depth, T scale, T* to, Index stride) noexcept {
  Index k = 0;
  for (; k + 4 <= depth; k += 4) {
    Four<T> lines[4];
    for (int j = 0; j < 4; ++j) {
      load_four<T>(from + j * from_stride + k, lines[j]);
    }
    transpose<T>(lines);
    for (int i = 0; i < 4; ++i) {
      lines[i] *= scale;
      std::memcpy(to + (k + i) * stride, &lines[i], sizeof lines[i]);
    }
  }
  for (; k < depth; ++k) {
    for (Index j = 0; j < 4; ++j) {
      to[k * stride + j] = scale * static_cast<T>(from[j * from_stride + k]);
    }
  }
}

/// Packs `depth` rows from `k` on of `cols` columns from `col` on, times `scale`: element `(i, j)` at
/// `to[i * panel + j]`, zeros after `cols`, which is `panel` at most.
template <class T, class S>
void pack_panel(const GemmFactor<S>& b, Index k, Index depth, Index col, Index cols, T scale, T* to,
                Index panel) noexcept {
  const S* const from = b.at(k, col);
  if (b.col_stride == 1) {
    for (Index i = 0; i < depth; ++i) {
      const S* const row = from + i * b.row_stride;
      T* const line = to + i * panel;
      if constexpr (std::same_as<T, S>) {
        std::transform(row, row + cols, line, [scale](T value) { return scale * value; });
      } else {
        widen(row, cols, line);
        if (scale != T{1}) {
          std::transform(line, line + cols, line, [scale](T value) { return scale * value; });
        }
      }
    }
  } else {
    Index j = 0;
    for (; j + 4 <= cols; j += 4) {
      pack_four_columns(from + j * b.col_stride, b.col_stride, depth, scale, to + j, panel);
    }
    for (; j < cols; ++j) {
      for (Index i = 0; i < depth; ++i) {
        to[i * panel + j] = scale * static_cast<T>(from[j * b.col_stride + i * b.row_stride]);
      }
    }
  }
  for (Index i = 0; cols < panel && i < depth; ++i) {
    std::fill(to + i * panel + cols, to + (i + 1) * panel, T{0});
  }
}

/// Packs rows of a factor whose columns are contiguous, in strips of `strip` rows: element `(i, k)` at
/// `to[i / strip * strip * depth + k * strip + i % strip]`; `depth` columns from `k` on.
template <class T>
void pack_strips(const GemmFactor<T>& a, Index row, Index rows, Index k, Index depth, T* to, Index strip) noexcept {
  for (Index i = 0; i < rows; i += strip, to += strip * depth) {
    const T* from = a.at(row + i, k);
    const Index count = std::min(strip, rows - i);
    for (Index j = 0; j < depth; ++j, from += a.col_stride) {
      std::copy_n(from, count, to + j * strip);
    }
  }
}

}  // namespace ampsft::simd::detail
