// SPDX-License-Identifier: MIT
/// @file
/// The first symbols of a word, before merges: tokens of its bytes or characters.
#pragma once

#include <ampsft/text/detail/byte_alphabet.hpp>
#include <ampsft/text/detail/flat_map.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/detail/token_index.hpp>
#include <ampsft/text/detail/utf8.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

/// The byte of a token like `<0x0A>`; none for other tokens.
[[nodiscard]] constexpr std::optional<unsigned char> byte_of_token(std::string_view token) noexcept {
  constexpr std::string_view digits = "0123456789ABCDEF";
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') {
    return std::nullopt;
  }
  const std::size_t high = digits.find(token[3]);
  const std::size_t low = digits.find(token[4]);
  if (high == std::string_view::npos || low == std::string_view::npos) {
    return std::nullopt;
  }
  return static_cast<unsigned char>(16 * high + low);
}

/// The text of a token of characters.
[[nodiscard]] inline std::string text_of_token(std::string_view token) {
  if (const auto byte = byte_of_token(token)) {
    return {static_cast<char>(*byte)};
  }
  return spaces_of_marks(token);
}

/// Finds the tokens of bytes and of characters.
class TokenSymbols {
 public:
  TokenSymbols(const PretrainedTokenizerParts& parts, const TokenIndex& ids)
      : unknown_(parts.unknown.value_or(none)), fuse_unknown_(parts.fuse_unknown), alphabet_(parts.alphabet) {
    byte_ids_.fill(none);
    if (alphabet_ == TokenAlphabet::bytes) {
      for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte) {
        std::string character;
        append_character(character, byte_alphabet[byte]);
        const std::int32_t id = ids.find(character);
        byte_ids_[byte] = id != none ? id : unknown_;
      }
      return;
    }
    for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
      const std::string_view text = parts.tokens[id];
      if (const auto byte = byte_of_token(text)) {
        byte_ids_[*byte] = static_cast<std::int32_t>(id);
      } else if (!text.empty() && first_character(text).size == text.size()) {
        characters_.emplace(first_character(text).point, static_cast<std::int32_t>(id));
      }
    }
  }

  /// Whether every byte is a token, so that no character is unknown.
  [[nodiscard]] bool has_all_bytes() const noexcept {
    return std::find(byte_ids_.begin(), byte_ids_.end(), none) == byte_ids_.end();
  }

  /// Appends the symbols of `word`. Without an unknown token, drops unknown characters.
  void append(std::string_view word, std::vector<std::int32_t>& symbols) const {
    if (alphabet_ == TokenAlphabet::characters) {
      return append_characters(word, symbols);
    }
    for (const char byte : word) {
      if (const std::int32_t id = byte_ids_[static_cast<unsigned char>(byte)]; id != none) {
        symbols.push_back(id);
      }
    }
  }

  /// Appends a character as if it were no token: its bytes, or the unknown token. That is fused with one before it, if
  /// that is not before `begin`.
  void append_unknown(std::string_view character, std::vector<std::int32_t>& symbols, std::size_t begin) const {
    if (!append_bytes(character, symbols) && unknown_ != none &&
        !(fuse_unknown_ && symbols.size() > begin && symbols.back() == unknown_)) {
      symbols.push_back(unknown_);
    }
  }

 private:
  static constexpr std::int32_t none = TokenIndex::none;

  /// As in Hugging Face's tokenizers: an unknown token waits until the next character that is a token, in case it can
  /// be fused with others. So byte tokens in between come before it.
  void append_characters(std::string_view word, std::vector<std::int32_t>& symbols) const {
    bool waiting = false;
    const auto flush = [&] {
      if (waiting && unknown_ != none) {
        symbols.push_back(unknown_);
      }
      waiting = false;
    };
    while (!word.empty()) {
      const Character next = first_character(word);
      const std::string_view bytes = word.substr(0, next.size);
      word.remove_prefix(next.size);
      if (const std::int32_t* const found = characters_.find(next.point)) {
        flush();
        symbols.push_back(*found);
      } else if (!append_bytes(bytes, symbols)) {
        if (!fuse_unknown_) {
          flush();
        }
        waiting = true;
      }
    }
    flush();
  }

  /// Appends the tokens of all bytes of a character. Returns false, and appends nothing, if one of them is no token.
  bool append_bytes(std::string_view character, std::vector<std::int32_t>& symbols) const {
    const bool all = std::all_of(character.begin(), character.end(), [&](char byte) { return id_of(byte) != none; });
    if (all) {
      std::transform(character.begin(), character.end(), std::back_inserter(symbols),
                     [&](char byte) { return id_of(byte); });
    }
    return all;
  }

  [[nodiscard]] std::int32_t id_of(char byte) const { return byte_ids_[static_cast<unsigned char>(byte)]; }

  std::array<std::int32_t, 256> byte_ids_{};
  FlatMap<std::int32_t> characters_;  // by code point
  std::int32_t unknown_;
  bool fuse_unknown_;
  TokenAlphabet alphabet_;
};

}  // namespace ampsft::detail
