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
  for (int pair = 0; pair < 4; ++pair, values += 64) {
    const auto [s_low, m_low] = packed_scale(scales, 2 * pair);
    const auto [s_high, m_high] = packed_scale(scales, 2 * pair + 1);
    const float low_scale = scale * static_cast<float>(s_low);
    const float low_minimum = minimum * static_cast<float>(m_low);
    const float high_scale = scale * static_cast<float>(s_high);
    const float high_minimum = minimum * static_cast<float>(m_high);
    const auto bytes = copy_of<32>(block + 16 + 32 * pair);
    for (std::size_t j = 0; j < 32; ++j) {
      values[j] = static_cast<T>(low_scale * static_cast<float>(bytes[j] & 15) - low_minimum);
    }
    for (std::size_t j = 0; j < 32; ++j) {
      values[32 + j] = static_cast<T>(high_scale * static_cast<float>(bytes[j] >> 4) - high_minimum);
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

/// A line of 32 numbers of Q6_K: the low 4 bits of each from bit `LowShift` of its byte in `low` on, the upper 2 from
/// bit `HighShift` in `high` on; `first` is the scale of 16, `second` of the others.
template <int LowShift, int HighShift, class T>
void dequantize_q6_k_line(const std::uint8_t* low, const std::uint8_t* high, float first, float second,
                          T* values) noexcept {
  auto numbers = copy_of<32>(low);
  const auto upper = copy_of<32>(high);
  for (std::size_t j = 0; j < 32; ++j) {  // stays in bytes
    numbers[j] = static_cast<std::uint8_t>(((numbers[j] >> LowShift) & 15) | (((upper[j] >> HighShift) & 3) << 4));
  }
  for (std::size_t j = 0; j < 16; ++j) {
    values[j] = static_cast<T>(first * static_cast<float>(numbers[j] - 32));
  }
  for (std::size_t j = 16; j < 32; ++j) {
    values[j] = static_cast<T>(second * static_cast<float>(numbers[j] - 32));
  }
}

/// 6 bits a number, a signed scale for each 16: two halves of 128 numbers, in each four lines of 32 whose low 4 bits
/// lie in 64 bytes and whose upper 2 bits in 32.
template <class T>
void dequantize_q6_k(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block + 208);
  for (int half = 0; half < 2; ++half, values += 128) {
    const std::uint8_t* const low = block + 64 * half;
    const std::uint8_t* const high = block + 128 + 32 * half;
    float scales[8];
    for (int part = 0; part < 8; ++part) {
      scales[part] = scale * static_cast<float>(static_cast<std::int8_t>(block[192 + 8 * half + part]));
    }
    dequantize_q6_k_line<0, 0>(low, high, scales[0], scales[1], values);
    dequantize_q6_k_line<0, 2>(low + 32, high, scales[2], scales[3], values + 32);
    dequantize_q6_k_line<4, 4>(low, high, scales[4], scales[5], values + 64);
    dequantize_q6_k_line<4, 6>(low + 32, high, scales[6], scales[7], values + 96);
  }
}

}  // namespace ampsft::detail
