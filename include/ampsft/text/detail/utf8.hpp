// SPDX-License-Identifier: MIT
/// @file
/// Code points of UTF-8 text that may be invalid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ampsft::detail {

/// A code point and its size in bytes. A byte outside any valid sequence is a character of its own, `invalid_byte +
/// byte`, so every text is a sequence of characters.
struct Character {
  std::uint32_t point;
  std::size_t size;
};

inline constexpr std::uint32_t invalid_byte = 0x110000;

/// The length of the sequence that a lead byte announces; 0 for a byte that is no lead byte.
[[nodiscard]] constexpr std::size_t utf8_length(unsigned char lead) noexcept {
  return lead < 0x80U ? 1 : lead < 0xc2U ? 0 : lead < 0xe0U ? 2 : lead < 0xf0U ? 3 : lead < 0xf5U ? 4 : 0;
}

/// The range of the second byte after a lead byte: narrower where overlong forms, surrogates or points above 10FFFF
/// would begin (the Unicode standard, table 3-7).
[[nodiscard]] constexpr bool is_second_byte(unsigned char lead, unsigned char byte) noexcept {
  const unsigned char least = lead == 0xe0U ? 0xa0U : lead == 0xf0U ? 0x90U : 0x80U;
  const unsigned char most = lead == 0xedU ? 0x9fU : lead == 0xf4U ? 0x8fU : 0xbfU;
  return byte >= least && byte <= most;
}

/// The character at the beginning of `text`, which is not empty.
[[nodiscard]] constexpr Character first_character(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = utf8_length(lead);
  if (size == 1) {
    return {lead, 1};
  }
  const Character alone{invalid_byte + lead, 1};
  if (size == 0 || size > text.size() || !is_second_byte(lead, static_cast<unsigned char>(text[1]))) {
    return alone;
  }
  std::uint32_t point = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80U) {
      return alone;
    }
    point = (point << 6U) | (byte & 0x3fU);
  }
  return {point, size};
}

/// The character at the end of `text`, which is not empty.
[[nodiscard]] constexpr Character last_character(std::string_view text) noexcept {
  for (std::size_t size = text.size() < 4 ? text.size() : 4; size > 1; --size) {
    if (const Character found = first_character(text.substr(text.size() - size)); found.size == size) {
      return found;
    }
  }
  return first_character(text.substr(text.size() - 1));
}

/// Appends a character; an `invalid_byte` becomes its byte.
inline void append_character(std::string& text, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (point >= invalid_byte) {
    put(point - invalid_byte);
  } else if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0U | (point >> 6U));
    put(0x80U | (point & 0x3fU));
  } else if (point < 0x10000) {
    put(0xe0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3fU));
    put(0x80U | (point & 0x3fU));
  } else {
    put(0xf0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3fU));
    put(0x80U | ((point >> 6U) & 0x3fU));
    put(0x80U | (point & 0x3fU));
  }
}

/// The number of bytes at the end of `text` that begin an incomplete sequence: 0 to 3.
[[nodiscard]] constexpr std::size_t incomplete_tail(std::string_view text) noexcept {
  for (std::size_t tail = 1; tail <= 3 && tail <= text.size(); ++tail) {
    const auto byte = static_cast<unsigned char>(text[text.size() - tail]);
    if ((byte & 0xc0U) == 0x80U) {
      continue;
    }
    const bool open = utf8_length(byte) > tail;
    const bool good = tail == 1 || is_second_byte(byte, static_cast<unsigned char>(text[text.size() - tail + 1]));
    return open && good ? tail : 0;
  }
  return 0;
}

}  // namespace ampsft::detail
