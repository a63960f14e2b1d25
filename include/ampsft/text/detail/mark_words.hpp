// SPDX-License-Identifier: MIT
/// @file
/// Cuts marked text into words where no merge can tell, so that each distinct word is merged once.
#pragma once

#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/detail/token_symbols.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

/// Where text that has no pre-tokenizer may be cut without a change of its ids: before marks of spaces.
///
/// A merge crosses such a place only if its token holds a mark behind another character, as `>▁</` does in Gemma's
/// vocabulary. So a text is not cut behind a character whose last byte stands before a mark in some token.
class MarkWords {
 public:
  /// Cuts nowhere.
  MarkWords() = default;

  /// `tokens` are the texts of all ids, of which `merges` make some.
  MarkWords(const std::vector<std::string>& tokens, const RankedMerges& merges, const TokenSymbols& symbols)
      // What is left out would make neighbours of two characters that are none in the text.
      : cuts_(symbols.is_token(first_character(space_mark).point) && symbols.is_complete()) {
    merges.for_each([&](std::uint64_t /*pair*/, const RankedMerge& merge) {
      const std::string_view text = tokens[static_cast<std::size_t>(merge.id)];
      for (std::size_t at = next_run(text, 0); at < text.size(); at = next_run(text, at)) {
        joined_[static_cast<unsigned char>(text[at - 1])] = true;
      }
    });
  }

  /// Length of the first word of a marked text, which is not empty.
  [[nodiscard]] std::size_t first(std::string_view text) const noexcept {
    std::size_t at = cuts_ ? next_run(text, 0) : text.size();
    while (at < text.size() && joined_[static_cast<unsigned char>(text[at - 1])]) {
      at = next_run(text, at);
    }
    return at;
  }

 private:
  /// Where the next run of marks begins behind `at`; the text's size if there is none.
  [[nodiscard]] static std::size_t next_run(std::string_view text, std::size_t at) noexcept {
    std::size_t next = text.find(space_mark, at + 1);
    while (next != std::string_view::npos && text.substr(0, next).ends_with(space_mark)) {
      next = text.find(space_mark, next + 1);
    }
    return next == std::string_view::npos ? text.size() : next;
  }

  bool cuts_ = false;
  std::array<bool, 256> joined_{};  // by the last byte of a character that a merge joins with a mark behind it
};

}  // namespace ampsft::detail
