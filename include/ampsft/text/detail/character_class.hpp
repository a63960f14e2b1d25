// SPDX-License-Identifier: MIT
/// @file
/// The character classes of tokenizer patterns.
#pragma once

#include <ampsft/text/detail/unicode_ranges.hpp>

#include <algorithm>
#include <cstdint>
#include <span>

namespace ampsft::detail {

[[nodiscard]] constexpr bool in_ranges(std::span<const CharacterRange> ranges, std::uint32_t point) noexcept {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), point,
                                      [](std::uint32_t p, const CharacterRange& range) { return p < range.first; });
  return after != ranges.begin() && point <= (after - 1)->last;
}

/// \p{L}.
[[nodiscard]] constexpr bool is_letter(std::uint32_t point) noexcept {
  if (point < 0x80) {
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
  }
  return in_ranges(letter_ranges, point);
}

/// \p{N}.
[[nodiscard]] constexpr bool is_number(std::uint32_t point) noexcept {
  if (point < 0x80) {
    return point >= '0' && point <= '9';
  }
  return in_ranges(number_ranges, point);
}

/// \s: Unicode's White_Space.
[[nodiscard]] constexpr bool is_white_space(std::uint32_t point) noexcept {
  return point == ' ' || (point >= 0x09 && point <= 0x0d) || point == 0x85 || point == 0xa0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 || point == 0x202f ||
         point == 0x205f || point == 0x3000;
}

/// \w.
[[nodiscard]] constexpr bool is_of_word(std::uint32_t point) noexcept {
  return is_letter(point) || in_ranges(word_mark_ranges, point);
}

}  // namespace ampsft::detail
