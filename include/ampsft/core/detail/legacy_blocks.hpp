// SPDX-License-Identifier: MIT
/// @file
/// Blocks of 32 numbers with one scale (Q4_0, Q5_0, Q8_0), or a scale and a minimum (Q4_1, Q5_1).
#pragma once

#include <ampsft/core/half.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ampsft::detail {

// A block lies at any address, so numbers in it are copied, never dereferenced in place. Each function writes 32
// numbers; the first 16 lie in the low halves of the bytes, the others in the high ones.

[[nodiscard]] inline float half_at(const std::uint8_t* bytes) noexcept {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof(bits));
  return fp16_to_float(bits);
}

[[nodiscard]] inline std::uint32_t word_at(const std::uint8_t* bytes) noexcept {
  std::uint32_t bits = 0;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
}

/// A copy of `N` bytes of a block: those in the block might be among the numbers that a loop writes, for all that a
/// compiler knows, so it would not vectorise it, or only behind checks (measured: up to four times as slow).
template <std::size_t N>
[[nodiscard]] std::array<std::uint8_t, N> copy_of(const std::uint8_t* bytes) noexcept {
  std::array<std::uint8_t, N> copy;
  std::memcpy(copy.data(), bytes, N);
  return copy;
}

inline constexpr int half_block = 16;

template <class T>
void dequantize_q4_0(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block);
  const auto bytes = copy_of<half_block>(block + 2);
  for (std::size_t j = 0; j < half_block; ++j) {
    values[j] = static_cast<T>(static_cast<float>((bytes[j] & 15) - 8) * scale);
    values[j + half_block] = static_cast<T>(static_cast<float>((bytes[j] >> 4) - 8) * scale);
  }
}

template <class T>
void dequantize_q4_1(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block);
  const float minimum = half_at(block + 2);
  const auto bytes = copy_of<half_block>(block + 4);
  for (std::size_t j = 0; j < half_block; ++j) {
    values[j] = static_cast<T>(static_cast<float>(bytes[j] & 15) * scale + minimum);
    values[j + half_block] = static_cast<T>(static_cast<float>(bytes[j] >> 4) * scale + minimum);
  }
}

/// The fifth bit of number `j`, in its place.
[[nodiscard]] inline int fifth_bit(std::uint32_t bits, int j) noexcept {
  return static_cast<int>((bits >> j) & 1U) << 4;
}

template <class T>
void dequantize_q5_0(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block);
  const std::uint32_t high = word_at(block + 2);
  for (int j = 0; j < half_block; ++j) {
    const int byte = block[6 + j];
    values[j] = static_cast<T>(static_cast<float>(((byte & 15) | fifth_bit(high, j)) - 16) * scale);
    values[j + half_block] =
        static_cast<T>(static_cast<float>(((byte >> 4) | fifth_bit(high, j + half_block)) - 16) * scale);
  }
}

template <class T>
void dequantize_q5_1(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block);
  const float minimum = half_at(block + 2);
  const std::uint32_t high = word_at(block + 4);
  for (int j = 0; j < half_block; ++j) {
    const int byte = block[8 + j];
    values[j] = static_cast<T>(static_cast<float>((byte & 15) | fifth_bit(high, j)) * scale + minimum);
    values[j + half_block] =
        static_cast<T>(static_cast<float>((byte >> 4) | fifth_bit(high, j + half_block)) * scale + minimum);
  }
}

template <class T>
void dequantize_q8_0(const std::uint8_t* block, T* values) noexcept {
  const float scale = half_at(block);
  const auto bytes = copy_of<2 * half_block>(block + 2);
  for (std::size_t j = 0; j < bytes.size(); ++j) {
    values[j] = static_cast<T>(static_cast<float>(static_cast<std::int8_t>(bytes[j])) * scale);
  }
}

}  // namespace ampsft::detail
