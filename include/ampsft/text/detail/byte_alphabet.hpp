// SPDX-License-Identifier: MIT
/// @file
/// GPT-2's alphabet: vocabularies write each byte as a printable character.
#pragma once

#include <ampsft/text/detail/utf8.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ampsft::detail {

/// Printable Latin-1 characters stand for themselves; the other 68 bytes, in order, for U+0100 and what follows.
inline constexpr std::array<std::uint32_t, 256> byte_alphabet = [] {
  std::array<std::uint32_t, 256> points{};
  std::uint32_t next = 256;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    points[byte] = printable ? byte : next++;
  }
  return points;
}();

/// The bytes of a token in this alphabet; none if it has other characters too.
[[nodiscard]] inline std::optional<std::string> bytes_of_token(std::string_view token) {
  constexpr std::uint32_t last = 0x143;
  static constexpr std::array<std::int16_t, last + 1> byte_of = [] {
    std::array<std::int16_t, last + 1> bytes{};
    bytes.fill(-1);
    for (std::size_t byte = 0; byte < byte_alphabet.size(); ++byte) {
      bytes[byte_alphabet[byte]] = static_cast<std::int16_t>(byte);
    }
    return bytes;
  }();
  std::string bytes;
  while (!token.empty()) {
    const Character next = first_character(token);
    if (next.point > last || byte_of[next.point] < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(byte_of[next.point]));
    token.remove_prefix(next.size);
  }
  return bytes;
}

}  // namespace ampsft::detail
