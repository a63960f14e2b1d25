// SPDX-License-Identifier: MIT
/// @file
/// Makes the tables of a tokenizer from its parts, and checks that the parts go together.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/text/detail/byte_alphabet.hpp>
#include <ampsft/text/detail/merge_ranks.hpp>
#include <ampsft/text/detail/score_ranks.hpp>
#include <ampsft/text/detail/token_index.hpp>
#include <ampsft/text/detail/token_symbols.hpp>
#include <ampsft/text/detail/utf8.hpp>
#include <ampsft/text/detail/word_encoder.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

enum class TokenKind : std::uint8_t { word, added, special };

/// Throws `Error` unless the id is one of `size` ids.
inline void require_id(std::int32_t id, std::size_t size) {
  require(id >= 0 && static_cast<std::size_t>(id) < size, "token id ", id, " is not in the vocabulary of ids 0 to ",
          static_cast<Index>(size) - 1);
}

/// The kinds of all ids. Throws `Error` for an added token outside of the vocabulary and two of one id.
[[nodiscard]] inline std::vector<TokenKind> token_kinds(const PretrainedTokenizerParts& parts) {
  std::vector<TokenKind> kinds(parts.tokens.size());
  for (const AddedToken& token : parts.added) {
    require_id(token.id, kinds.size());
    TokenKind& kind = kinds[static_cast<std::size_t>(token.id)];
    require(kind == TokenKind::word, "two added tokens have the id ", token.id);
    kind = token.special ? TokenKind::special : TokenKind::added;
  }
  return kinds;
}

/// Fills in the unused ids. Throws `Error` for ids outside the vocabulary, and for a vocabulary of bytes.
inline void add_unused(const PretrainedTokenizerParts& parts, WordTables& tables) {
  require(parts.unused.empty() || parts.alphabet == TokenAlphabet::characters,
          "unused tokens are supported for vocabularies of characters alone");
  tables.unused.assign(parts.unused.empty() ? 0 : parts.tokens.size(), false);
  for (const std::int32_t id : parts.unused) {
    require_id(id, parts.tokens.size());
    tables.unused[static_cast<std::size_t>(id)] = true;
    const std::string& text = parts.tokens[static_cast<std::size_t>(id)];
    if (!text.empty() && first_character(text).size == text.size()) {
      tables.unused_characters.emplace(id, text);
    }
  }
}

/// The symbols and merges of words; no index of whole words yet. Throws `Error` for parts that do not go together.
[[nodiscard]] inline WordTables word_tables(const PretrainedTokenizerParts& parts, const std::vector<TokenKind>& kinds,
                                            std::size_t most_merges) {
  require(parts.scores.empty() || parts.merges.empty(), "a tokenizer has merges or scores, not both");
  require(!parts.ignore_merges || parts.alphabet == TokenAlphabet::bytes,
          "words that are tokens whatever the merges say are supported for BPE over bytes alone");
  const TokenIndex ids = index_tokens(parts.tokens);
  const auto kind_of = [&](std::int32_t id) { return kinds[static_cast<std::size_t>(id)]; };
  // A special token that merges make would come out of text that nobody vouches for.
  const auto is_refused = [&](std::int32_t id) {
    return parts.alphabet == TokenAlphabet::characters && kind_of(id) == TokenKind::special;
  };
  const auto is_word = [&](std::int32_t id) { return kind_of(id) == TokenKind::word; };
  WordTables tables{.symbols = TokenSymbols(parts, ids),
                    .merges = parts.scores.empty()
                                  ? ranks_of_merges(parts.merges, ids, is_refused)
                                  : ranks_of_scores(parts.tokens, parts.scores, ids, most_merges, is_word),
                    .whole = {},
                    .unused = {},
                    .unused_characters = {}};
  add_unused(parts, tables);
  return tables;
}

/// Turns tokens of the alphabet into the bytes that they stand for. Returns an index of those that are words, if it is
/// wanted; it points to `texts`.
[[nodiscard]] inline TokenIndex decode_tokens(std::vector<std::string>& texts, const std::vector<TokenKind>& kinds,
                                              TokenAlphabet alphabet, bool index_words) {
  TokenIndex words = index_words ? TokenIndex(texts.data(), texts.size()) : TokenIndex();
  for (std::size_t id = 0; id < texts.size(); ++id) {
    if (alphabet == TokenAlphabet::characters) {
      texts[id] = text_of_token(texts[id]);
      continue;
    }
    auto bytes = bytes_of_token(texts[id]);
    if (kinds[id] == TokenKind::word && bytes && !bytes->empty()) {
      texts[id] = *std::move(bytes);
      if (index_words) {  // not added tokens: where they are looked for, they are found before
        words.add(static_cast<std::int32_t>(id));
      }
    }
  }
  return words;
}

}  // namespace ampsft::detail
