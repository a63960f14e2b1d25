// SPDX-License-Identifier: MIT
/// @file
/// Hand-written matchers of the pre-tokenizer patterns that distinguish lower and upper case.
#pragma once

#include <ampsft/text/detail/character_class.hpp>
#include <ampsft/text/detail/unicode_cases.hpp>
#include <ampsft/text/detail/utf8.hpp>
#include <ampsft/text/detail/word_patterns.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ampsft::detail {

/// The class of a letter or mark in these patterns: `[\p{Ll}]`, `[\p{Lu}\p{Lt}]`, `[\p{Lm}\p{Lo}\p{M}]`, or no letter
/// or mark.
enum class LetterCase : std::uint8_t { lower, upper, neutral, none };

[[nodiscard]] constexpr LetterCase case_of(std::uint32_t point) noexcept {
  if (point < 0x80) {
    return point >= 'a' && point <= 'z'   ? LetterCase::lower
           : point >= 'A' && point <= 'Z' ? LetterCase::upper
                                          : LetterCase::none;
  }
  return in_ranges(lower_ranges, point)                                     ? LetterCase::lower
         : in_ranges(upper_ranges, point)                                   ? LetterCase::upper
         : in_ranges(letter_ranges, point) || in_ranges(mark_ranges, point) ? LetterCase::neutral
                                                                            : LetterCase::none;
}

/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` at the beginning of `text`; 0 if there is none.
///
/// The first part is greedy. If no lower-case letter follows, it gives back its characters from the last neutral one
/// on; that neutral character is then the second part.
[[nodiscard]] constexpr std::size_t match_ends_lower(std::string_view text) {
  const auto is_first_part = [](std::uint32_t point) {
    return case_of(point) == LetterCase::upper || case_of(point) == LetterCase::neutral;
  };
  const auto is_second_part = [](std::uint32_t point) {
    return case_of(point) == LetterCase::lower || case_of(point) == LetterCase::neutral;
  };
  const std::size_t first = run_of(text, is_first_part);
  if (const std::size_t second = run_of(text.substr(first), is_second_part); second > 0) {
    return first + second;
  }
  std::size_t end = first;
  while (end > 0) {
    const Character last = last_character(text.substr(0, end));
    if (case_of(last.point) == LetterCase::neutral) {
      break;
    }
    end -= last.size;
  }
  return end;
}

/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*` where `match_ends_lower` finds nothing.
[[nodiscard]] constexpr std::size_t match_upper(std::string_view text) {
  return run_of(text, [](std::uint32_t point) { return case_of(point) == LetterCase::upper; });
}

/// How the patterns of this family differ.
struct CasePattern {
  std::size_t digits;  ///< the most number characters in a word
  bool contractions;   ///< whether a word includes a contraction after it: `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d`
};

/// That of GPT-4o (o200k) and, without contractions, of Mistral's Tekken. WORD is either of the two above, LEAD one
/// character that is no end of a line, letter or number:
/// `LEAD?WORD(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
[[nodiscard]] constexpr std::size_t match_cased(std::string_view text, CasePattern pattern) {
  const Character first = first_character(text);
  const bool leads = !is_letter(first.point) && !is_number(first.point) && !is_line_end(first.point);
  const auto with_contraction = [&](std::size_t size) {
    return size + (pattern.contractions ? match_contraction(text.substr(size), true) : 0);
  };
  // Each form is tried with a leading character first; a mark may be that, or belong to the word.
  for (const auto match : {match_ends_lower, match_upper}) {
    if (const std::size_t size = leads ? match(text.substr(first.size)) : 0; size > 0) {
      return with_contraction(first.size + size);
    }
    if (const std::size_t size = match(text); size > 0) {
      return with_contraction(size);
    }
  }
  if (const std::size_t size = run_of(text, is_number, pattern.digits); size > 0) {
    return size;
  }
  const std::size_t space = text[0] == ' ' ? 1 : 0;
  if (const std::size_t size = run_of(text.substr(space), is_other); size > 0) {
    const auto is_behind = [](std::uint32_t point) { return is_line_end(point) || point == '/'; };
    return space + size + run_of(text.substr(space + size), is_behind);
  }
  return match_lines(text);
}

}  // namespace ampsft::detail
