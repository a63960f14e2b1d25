// SPDX-License-Identifier: MIT
/// @file
/// Lays the factors of `Gemm` out as its kernel reads them.
#pragma once

#include <ampsft/core/half.hpp>
#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <bit>
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
    for (int i = 0; i < 4; ++i) {
      to[i] = static_cast<T>(from[i]);
    }
  }
}

/// `to[k * stride + j] = scale * from[j * from_stride + k]` for `j` below 4 and `k` below `depth`, in squares of 4
/// by 4.
template <class T, class S>
void pack_four_columns(const S* from, Index from_stride, Index depth, T scale, T* to, Index stride) noexcept {
  Index k = 0;
  for (; k + 4 <= depth; k += 4) {
    Four<T> a;
    Four<T> b;
    Four<T> c;
    Four<T> d;
    load_four<T>(from + k, a);
    load_four<T>(from + from_stride + k, b);
    load_four<T>(from + 2 * from_stride + k, c);
    load_four<T>(from + 3 * from_stride + k, d);
    const Four<T> ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Four<T> ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Four<T> cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const Four<T> cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    const Four<T> lines[4] = {scale * __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
                              scale * __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
                              scale * __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                              scale * __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
    for (int i = 0; i < 4; ++i) {
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
      for (Index j = 0; j < cols; ++j) {
        to[i * panel + j] = scale * static_cast<T>(from[i * b.row_stride + j]);
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

/// Two numbers in bfloat16 as the bits of a float, the first one low.
template <class S>
float pair_of(S first, S second) noexcept {
  const auto bits = [](S value) -> std::uint32_t { return float_to_bf16(static_cast<float>(value)); };
  return std::bit_cast<float>(bits(first) | bits(second) << 16U);
}

/// `pack_panel` of pairs: `depth` rows of numbers make half as many lines; after an odd one comes a zero.
template <class S>
void pack_panel_pairs(const GemmFactor<S>& b, Index k, Index depth, Index col, Index cols, float scale, float* to,
                      Index panel) noexcept {
  for (Index i = 0; i < depth; i += 2, to += panel) {
    for (Index j = 0; j < cols; ++j) {
      const S* const from = b.at(k + i, col + j);
      const float second = i + 1 < depth ? static_cast<float>(from[b.row_stride]) : 0.0F;
      to[j] = pair_of(scale * static_cast<float>(*from), scale * second);
    }
    std::fill(to + cols, to + panel, 0.0F);
  }
}

/// `pack_strips` of pairs, for a factor of any strides.
inline void pack_strip_pairs(const GemmFactor<float>& a, Index row, Index rows, Index k, Index depth, float* to,
                             Index strip) noexcept {
  const Index lines = (depth + 1) / 2;
  for (Index i = 0; i < rows; i += strip, to += strip * lines) {
    for (Index r = 0; r < std::min(strip, rows - i); ++r) {
      const float* from = a.at(row + i + r, k);
      for (Index j = 0; j < depth; j += 2, from += 2 * a.col_stride) {
        to[j / 2 * strip + r] = pair_of(*from, j + 1 < depth ? from[a.col_stride] : 0.0F);
      }
    }
  }
}

}  // namespace ampsft::simd::detail
