// SPDX-License-Identifier: MIT
/// @file
/// Lays the factors of `Gemm` out in pairs of bfloat16: two neighbours in the depth are one element.
#pragma once

#include <ampsft/core/half.hpp>
#include <ampsft/simd/detail/gemm_pack.hpp>

#include <bit>
#include <cstdint>

namespace ampsft::simd::detail {

/// Two numbers in bfloat16 as the bits of a float, the first one low.
template <class S>
float pair_of(S first, S second) noexcept {
  const auto bits = [](S value) -> std::uint32_t { return float_to_bf16(static_cast<float>(value)); };
  return std::bit_cast<float>(bits(first) | bits(second) << 16U);
}

/// Four pairs of eight neighbours, rounded as `float_to_bf16` does.
inline void round_to_pairs(const float* from, float* to) noexcept {
  using Bits = Four<std::uint32_t>;
  Bits rounded[2];
  for (int i = 0; i < 2; ++i) {
    Bits bits;
    std::memcpy(&bits, from + 4 * i, sizeof bits);
    const Bits nearest = bits + 0x7fffU + ((bits >> 16U) & 1U);
    const auto is_nan = (bits & 0x7fffffffU) > 0x7f800000U;
    rounded[i] = is_nan ? (bits | 0x400000U) : nearest;
  }
  const Bits first = __builtin_shufflevector(rounded[0], rounded[1], 0, 2, 4, 6);
  const Bits second = __builtin_shufflevector(rounded[0], rounded[1], 1, 3, 5, 7);
  const Bits pairs = (first >> 16U) | (second & 0xffff0000U);
  std::memcpy(to, &pairs, sizeof pairs);
}

/// Of two rows of `count` numbers in bfloat16, the pairs of one column each.
inline void interleave_rows(const BFloat16* first, const BFloat16* second, Index count, float* to) noexcept {
  typedef std::uint16_t Eight __attribute__((vector_size(16)));  // NOLINT(modernize-use-using): GCC needs it
  Index j = 0;
  for (; j + 8 <= count; j += 8) {
    Eight low;
    Eight high;
    std::memcpy(&low, first + j, sizeof low);
    std::memcpy(&high, second + j, sizeof high);
    const Eight first_pairs = __builtin_shufflevector(low, high, 0, 8, 1, 9, 2, 10, 3, 11);
    const Eight last_pairs = __builtin_shufflevector(low, high, 4, 12, 5, 13, 6, 14, 7, 15);
    std::memcpy(to + j, &first_pairs, sizeof first_pairs);  // one by one: both as an array go through memory first
    std::memcpy(to + j + 4, &last_pairs, sizeof last_pairs);
  }
  for (; j < count; ++j) {
    to[j] = pair_of(first[j], second[j]);
  }
}

/// Of four columns of `2 lines` numbers in bfloat16, `from_stride` apart, the pairs: line `i` of them at
/// `to[i * stride]`.
inline void transpose_pairs(const BFloat16* from, Index from_stride, Index lines, float* to, Index stride) noexcept {
  Index i = 0;
  for (; i + 4 <= lines; i += 4) {
    Four<std::uint32_t> pairs[4];
    for (int j = 0; j < 4; ++j) {
      std::memcpy(&pairs[j], from + j * from_stride + 2 * i, sizeof pairs[j]);
    }
    transpose<std::uint32_t>(pairs);
    for (int j = 0; j < 4; ++j) {
      std::memcpy(to + (i + j) * stride, &pairs[j], sizeof pairs[j]);
    }
  }
  for (; i < lines; ++i) {
    for (Index j = 0; j < 4; ++j) {
      std::memcpy(to + i * stride + j, from + j * from_stride + 2 * i, sizeof *to);
    }
  }
}

/// `pack_panel` of pairs: `depth` rows of numbers make half as many lines; after an odd one comes a zero.
///
/// What is bfloat16 already is copied: rounding it number by number took longer than multiplying (512 tokens).
template <class S>
void pack_panel_pairs(const GemmFactor<S>& b, Index k, Index depth, Index col, Index cols, float scale, float* to,
                      Index panel) noexcept {
  Index whole = 0;  // lines that are copied
  Index done = 0;   // their columns
  if constexpr (std::same_as<S, BFloat16>) {
    if (scale == 1.0F) {
      whole = depth / 2;
      const BFloat16* const from = b.at(k, col);
      if (b.col_stride == 1) {
        done = cols;
        for (Index i = 0; i < whole; ++i) {
          const BFloat16* const first = from + 2 * i * b.row_stride;
          interleave_rows(first, first + b.row_stride, cols, to + i * panel);
        }
      } else {
        for (; done + 4 <= cols; done += 4) {
          transpose_pairs(from + done * b.col_stride, b.col_stride, whole, to + done, panel);
        }
      }
    }
  }
  for (Index i = 0; i < depth; i += 2, to += panel) {
    for (Index j = i / 2 < whole ? done : 0; j < cols; ++j) {
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
      Index j = 0;
      for (; a.col_stride == 1 && j + 8 <= depth; j += 8, from += 8) {
        float pairs[4];
        round_to_pairs(from, pairs);
        for (Index l = 0; l < 4; ++l) {
          to[(j / 2 + l) * strip + r] = pairs[l];
        }
      }
      for (; j < depth; j += 2, from += 2 * a.col_stride) {
        to[j / 2 * strip + r] = pair_of(*from, j + 1 < depth ? from[a.col_stride] : 0.0F);
      }
    }
  }
}

}  // namespace ampsft::simd::detail
