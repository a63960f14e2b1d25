// SPDX-License-Identifier: MIT
/// @file
/// Hand-written matchers of the regular expressions of well-known pre-tokenizers.
#pragma once

#include <ampsft/text/detail/character_class.hpp>
#include <ampsft/text/detail/utf8.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ampsft::detail {

/// The length in bytes of the run of characters that pass `test` at the beginning of `text`; at most `most` characters.
template <class Test>
[[nodiscard]] constexpr std::size_t run_of(std::string_view text, Test test,
                                           std::size_t most = static_cast<std::size_t>(-1)) {
  std::size_t size = 0;
  for (std::size_t count = 0; size < text.size() && count < most; ++count) {
    const Character next = first_character(text.substr(size));
    if (!test(next.point)) {
      break;
    }
    size += next.size;
  }
  return size;
}

[[nodiscard]] constexpr bool is_other(std::uint32_t point) noexcept {
  return !is_white_space(point) && !is_letter(point) && !is_number(point);
}

[[nodiscard]] constexpr bool is_line_end(std::uint32_t point) noexcept {
  return point == '\r' || point == '\n';
}

/// `\s+(?!\S)|\s+` at the beginning of `text`: the last character of a run of white space belongs to the next word.
[[nodiscard]] constexpr std::size_t match_white_space(std::string_view text) {
  const std::size_t run = run_of(text, is_white_space);
  if (run == text.size() || run == 0) {
    return run;
  }
  const std::size_t last = last_character(text.substr(0, run)).size;
  return run > last ? run - last : run;
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+` at the beginning of `text`.
[[nodiscard]] constexpr std::size_t match_lines(std::string_view text) {
  const std::size_t run = run_of(text, is_white_space);
  if (const std::size_t last = text.substr(0, run).find_last_of("\r\n"); last != std::string_view::npos) {
    return last + 1;
  }
  return match_white_space(text);
}

/// `'s|'t|'re|'ve|'m|'ll|'d`; with `fold` in any case, where U+017F is a case of s.
[[nodiscard]] constexpr std::size_t match_contraction(std::string_view text, bool fold) {
  if (text.empty() || text[0] != '\'') {
    return 0;
  }
  constexpr std::array<std::string_view, 7> endings{"s", "t", "re", "ve", "m", "ll", "d"};
  for (const std::string_view ending : endings) {
    std::size_t size = 1;
    bool equal = true;
    for (const char letter : ending) {
      if (size >= text.size()) {
        equal = false;
        break;
      }
      const Character next = first_character(text.substr(size));
      const auto small = static_cast<std::uint32_t>(letter);
      equal = equal && (next.point == small ||
                        (fold && (next.point == small - 'a' + 'A' || (letter == 's' && next.point == 0x17f))));
      size += next.size;
    }
    if (equal) {
      return size;
    }
  }
  return 0;
}

/// GPT-2's: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
[[nodiscard]] constexpr std::size_t match_gpt2(std::string_view text) {
  if (const std::size_t size = match_contraction(text, false); size > 0) {
    return size;
  }
  const std::size_t begin = text[0] == ' ' ? 1 : 0;
  const std::string_view rest = text.substr(begin);
  for (const auto test : {is_letter, is_number, is_other}) {
    if (const std::size_t size = run_of(rest, test); size > 0) {
      return begin + size;
    }
  }
  return match_white_space(text);
}

/// That of cl100k and Llama 3, with `digits` 3, and Qwen2's, with 1:
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
[[nodiscard]] constexpr std::size_t match_cl100k(std::string_view text, std::size_t digits) {
  if (const std::size_t size = match_contraction(text, true); size > 0) {
    return size;
  }
  const Character first = first_character(text);
  const std::size_t lead =
      is_letter(first.point) || is_number(first.point) || is_line_end(first.point) ? 0 : first.size;
  if (const std::size_t size = run_of(text.substr(lead), is_letter); size > 0) {
    return lead + size;
  }
  if (const std::size_t size = run_of(text, is_number, digits); size > 0) {
    return size;
  }
  const std::size_t space = text[0] == ' ' ? 1 : 0;
  if (const std::size_t size = run_of(text.substr(space), is_other); size > 0) {
    return space + size + run_of(text.substr(space + size), is_line_end);
  }
  return match_lines(text);
}

}  // namespace ampsft::detail
