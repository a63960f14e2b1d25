// SPDX-License-Identifier: MIT
/// @file
/// Splits bytes into words for `BpeTokenizer`. Merges never cross words.
#pragma once

#include <cstddef>
#include <string_view>

namespace ampsft {

namespace detail {

enum class ByteClass { letter, digit, space, other };

// Bytes from 0x80 on are parts of UTF-8 sequences and count as letters.
[[nodiscard]] constexpr ByteClass byte_class(char byte) noexcept {
  const auto c = static_cast<unsigned char>(byte);
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80) {
    return ByteClass::letter;
  }
  if (c >= '0' && c <= '9') {
    return ByteClass::digit;
  }
  return c == ' ' || (c >= '\t' && c <= '\r') ? ByteClass::space : ByteClass::other;
}

/// The length of the run of one class that begins at `begin`.
[[nodiscard]] constexpr std::size_t run_length(std::string_view text, std::size_t begin) noexcept {
  std::size_t end = begin + 1;
  while (end < text.size() && byte_class(text[end]) == byte_class(text[begin])) {
    ++end;
  }
  return end - begin;
}

}  // namespace detail

/// The first word of `text`; empty only if the text is. Reads no more than the word and one byte after it.
///
/// GPT-2's pattern (Radford et al. 2019),
/// `'s|'t|'re|'ve|'m|'ll|'d| ?letters| ?digits| ?others|\s+(?!\S)|\s+`, over bytes: letters are A-Z, a-z and every byte
/// from 0x80 on; spaces are the six of ASCII. The last space of a run belongs to the word after it.
[[nodiscard]] constexpr std::string_view first_word(std::string_view text) noexcept {
  using detail::ByteClass;
  if (text.empty()) {
    return text;
  }
  for (const std::string_view contraction : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (text.starts_with(contraction)) {
      return text.substr(0, contraction.size());
    }
  }
  const bool led_by_space = text[0] == ' ' && text.size() > 1 && detail::byte_class(text[1]) != ByteClass::space;
  const std::size_t begin = led_by_space ? 1 : 0;
  const std::size_t length = begin + detail::run_length(text, begin);
  const bool spaces = detail::byte_class(text[begin]) == ByteClass::space;
  return text.substr(0, spaces && length > 1 && length < text.size() ? length - 1 : length);
}

/// Calls `visit(word)` for every word of `text`, in order. The words concatenated are the text.
template <class Visit>
constexpr void for_each_word(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::string_view word = first_word(text);
    visit(word);
    text.remove_prefix(word.size());
  }
}

}  // namespace ampsft
