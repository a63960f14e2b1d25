// SPDX-License-Identifier: MIT
/// @file
/// Blocks of 256 numbers whose parts of 32 or 16 have small scales of their own (Q4_K, Q5_K, Q6_K).
#pragma once

#include <ampsft/core/detail/legacy_blocks.hpp>

#include <cstddef>
#include <cstdint>

namespace ampsft::detail {

struct ScaleAndMinimum {
  int scale;
  int minimum;
};

/// Scale and minimum of part `j` of 8, 6 bits each, out of 12 bytes: those of the first four parts lie in the low bits
/// of bytes 0 to 7, whose upper two bits complete the low and high halves of bytes 8 to 11.
[[nodiscard]] inline ScaleAndMinimum packed_scale(const std::uint8_t* bytes, int j) noexcept {
  if (j < 4) {
    return {bytes[j] & 63, bytes[j + 4] & 63};
  }
  return {(bytes[j + 4] & 15) | ((bytes[j - 4] >> 6) << 4), (bytes[j + 4] >> 4) | ((bytes[j] >> 6) << 4)};
}

/// 4 bits a number; 32 bytes hold two parts, the first in their low halves.
template <class T>
void dequantize_q4_k(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block);
  const float minimum = half_at(block + 2);
  const std::uint8_t* const scales = block + 4;
  const std::uint8_t* const low = block + 16;
  for (int part = 0; part < 8; ++part) {
    const auto [s, m] = packed_scale(scales, part);
    const float part_scale = scale * static_cast<float>(s);
    const float part_minimum = minimum * static_cast<float>(m);
    const std::uint8_t* const bytes = low + 32 * (part / 2);
    const int shift = 4 * (part % 2);
    for (int j = 0; j < 32; ++j) {
      const int q = (bytes[j] >> shift) & 15;
      values[32 * part + j] = static_cast<T>(part_scale * static_cast<float>(q) - part_minimum);
    }
  }
}

/// As Q4_K, with a fifth bit for number `j` of each part in byte `j` of 32: bit `part`.
template <class T>
void dequantize_q5_k(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block);
  const float minimum = half_at(block + 2);
  const std::uint8_t* const scales = block + 4;
  const std::uint8_t* const high = block + 16;
  const std::uint8_t* const low = block + 48;
  for (int part = 0; part < 8; ++part) {
    const auto [s, m] = packed_scale(scales, part);
    const float part_scale = scale * static_cast<float>(s);
    const float part_minimum = minimum * static_cast<float>(m);
    const std::uint8_t* const bytes = low + 32 * (part / 2);
    const int shift = 4 * (part % 2);
    for (int j = 0; j < 32; ++j) {
      const int q = ((bytes[j] >> shift) & 15) | (((high[j] >> part) & 1) << 4);
      values[32 * part + j] = static_cast<T>(part_scale * static_cast<float>(q) - part_minimum);
    }
  }
}

/// 6 bits a number, a signed scale for each 16: two halves of 128 numbers, in each four lines of 32 whose low 4 bits
/// lie in 64 bytes and whose upper 2 bits in 32.
template <class T>
void dequantize_q6_k(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block + 208);
  for (int half = 0; half < 2; ++half) {
    const std::uint8_t* const low = block + 64 * half;
    const std::uint8_t* const high = block + 128 + 32 * half;
    const std::uint8_t* const scales = block + 192 + 8 * half;
    for (int part = 0; part < 8; ++part) {  // of 16 numbers
      const int line = part / 2;
      const int begin = 16 * (part % 2);
      const float part_scale = scale * static_cast<float>(static_cast<std::int8_t>(scales[part]));
      const std::uint8_t* const bytes = low + 32 * (line % 2) + begin;
      const int shift = 4 * (line / 2);
      for (int j = 0; j < 16; ++j) {
        const int q = ((bytes[j] >> shift) & 15) | (((high[begin + j] >> (2 * line)) & 3) << 4);
        values[128 * half + 16 * part + j] = static_cast<T>(part_scale * static_cast<float>(q - 32));
      }
    }
  }
}

}  // namespace ampsft::detail
