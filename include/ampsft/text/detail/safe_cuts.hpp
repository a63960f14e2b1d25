// SPDX-License-Identifier: MIT
/// @file
/// Cuts a text that has no pre-tokenizer into words, so that each distinct word is merged once.
#pragma once

#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/token_symbols.hpp>
#include <ampsft/text/detail/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

/// Where a text may be cut without a change of its ids: between two characters that stand side by side in no token that
/// a merge makes, for then no merge crosses the place.
///
/// Characters are put into 1,024 classes, ASCII's each into one of its own, and pairs of classes are remembered: 128
/// KiB. Characters of one class make cuts rarer, not wrong. Gemma's vocabulary allows a cut at every other letter of a
/// source file, which is encoded 4 times as fast.
class SafeCuts {
 public:
  /// Cuts nowhere.
  SafeCuts() = default;

  /// `tokens` are the texts of all ids, of which `merges` make some. Cuts nowhere if some character is neither a token
  /// nor bytes that are tokens: unknown characters are fused with their neighbours.
  SafeCuts(const std::vector<std::string>& tokens, const RankedMerges& merges, const TokenSymbols& symbols) {
    if (!symbols.has_all_bytes()) {
      return;
    }
    std::vector<bool> made(tokens.size());
    merges.for_each(
        [&](std::uint64_t /*pair*/, const RankedMerge& merge) { made[static_cast<std::size_t>(merge.id)] = true; });
    joined_.assign(classes * classes, false);
    for (std::size_t id = 0; id < tokens.size(); ++id) {
      if (made[id]) {
        add(tokens[id]);
      }
    }
  }

  /// Length of the first word of a text, which is not empty.
  [[nodiscard]] std::size_t first(std::string_view text) const {
    if (joined_.empty()) {
      return text.size();
    }
    Character left = first_character(text);
    std::size_t at = left.size;
    while (at < text.size()) {
      const Character right = first_character(text.substr(at));
      if (!joined_[pair_of(left.point, right.point)]) {
        break;
      }
      at += right.size;
      left = right;
    }
    return at;
  }

 private:
  static constexpr std::size_t classes = 1024;

  [[nodiscard]] static constexpr std::size_t class_of(std::uint32_t point) noexcept {
    constexpr std::uint32_t ascii = 0x80;
    return point < ascii ? point : ascii + spread_bits(point) % (classes - ascii);
  }

  [[nodiscard]] static constexpr std::size_t pair_of(std::uint32_t left, std::uint32_t right) noexcept {
    return class_of(left) * classes + class_of(right);
  }

  void add(std::string_view token) {
    Character left = first_character(token);
    for (token.remove_prefix(left.size); !token.empty(); token.remove_prefix(left.size)) {
      const Character right = first_character(token);
      joined_[pair_of(left.point, right.point)] = true;
      left = right;
    }
  }

  std::vector<bool> joined_;  // by pairs of classes; empty if there are no cuts
};

}  // namespace ampsft::detail
