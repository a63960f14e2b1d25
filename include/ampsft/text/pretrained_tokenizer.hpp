// SPDX-License-Identifier: MIT
/// @file
/// The tokenizer of a pretrained model: BPE over bytes or characters with its own words, normalization, added tokens.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/detail/safe_cuts.hpp>
#include <ampsft/text/detail/text_splitter.hpp>
#include <ampsft/text/detail/tokenizer_tables.hpp>
#include <ampsft/text/pretokenization.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// BPE as in Hugging Face's tokenizers, or with scores as in SentencePiece, with the same ids for every UTF-8 text.
///
/// `encode` finds added tokens first. It normalizes the text between them, splits it into words and merges the bytes or
/// characters of each word, earliest merge first. Bytes that the vocabulary lacks become the unknown token; without an
/// unknown token they are dropped. Invalid UTF-8 is allowed: each stray byte is a character. In a vocabulary of
/// characters, no merge makes a special token. Immutable, so threads may share one.
class PretrainedTokenizer {
 public:
  // More than any known model has (Gemma: 262,144 tokens; Gemma 2: 580,604 merges). Low enough that a hostile file of
  // the shortest tokens takes at most four times its size and 64 MiB.
  static constexpr std::size_t most_tokens = 300'000;
  static constexpr std::size_t most_merges = 3 * (std::size_t{1} << 18U);

  /// Throws `Error` for two tokens with one text, a merge of something that is no token, an id outside the vocabulary,
  /// parts that do not go together, and sizes far above any model's.
  ///
  /// Cost: 262,144 tokens with scores take about 0.1 s.
  explicit PretrainedTokenizer(PretrainedTokenizerParts parts)
      : kinds_(detail::token_kinds(checked(parts))),
        tables_(detail::word_tables(parts, kinds_, most_merges)),
        splitter_(parts),
        steps_(std::move(parts.steps)),
        texts_(std::move(parts.tokens)),
        prefix_(std::move(parts.prefix)),
        suffix_(std::move(parts.suffix)) {
    const bool characters = parts.alphabet == TokenAlphabet::characters;
    if (characters && steps_.empty()) {
      cuts_ = detail::SafeCuts(texts_, tables_.merges, tables_.symbols);
    }
    tables_.whole = detail::decode_tokens(texts_, kinds_, parts.alphabet, parts.ignore_merges);
    for (const AddedToken& token : parts.added) {  // in marked text with the space in front that it takes from the text
      texts_[static_cast<std::size_t>(token.id)] =
          characters ? detail::text_of_token(splitter_.content_of(token)) : token.content;
    }
    if (parts.unknown) {
      check_id(*parts.unknown);
    }
    for (const std::int32_t id : prefix_) {
      check_id(id);
    }
    for (const std::int32_t id : suffix_) {
      check_id(id);
    }
  }

  PretrainedTokenizer(const PretrainedTokenizer&) = delete;  // tables_ point into texts_, whose array moves along
  PretrainedTokenizer& operator=(const PretrainedTokenizer&) = delete;
  PretrainedTokenizer(PretrainedTokenizer&&) = default;
  PretrainedTokenizer& operator=(PretrainedTokenizer&&) = default;
  ~PretrainedTokenizer() = default;

  [[nodiscard]] Index vocabulary_size() const noexcept { return static_cast<Index>(texts_.size()); }
  [[nodiscard]] const std::vector<std::int32_t>& prefix() const noexcept { return prefix_; }
  [[nodiscard]] const std::vector<std::int32_t>& suffix() const noexcept { return suffix_; }

  /// The ids of a text, without prefix and suffix. Recognizes added tokens, special ones too.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, TextPlace place = TextPlace::start) const {
    return encode(text, false, place);
  }

  /// The same, but special tokens are not recognized: for text from outside.
  [[nodiscard]] std::vector<std::int32_t> encode_plain(std::string_view text,
                                                       TextPlace place = TextPlace::start) const {
    return encode(text, true, place);
  }

  /// The bytes of the tokens, concatenated. Removes the space that some tokenizers add to the start of a text. Throws
  /// `Error` for an id outside the vocabulary.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, bool skip_special = false,
                                   TextPlace place = TextPlace::start) const {
    std::string text;
    for (const std::int32_t id : ids) {
      check_id(id);
      if (!skip_special || !is_special(id)) {
        text += texts_[static_cast<std::size_t>(id)];
      }
    }
    if (place == TextPlace::start && strips_space() && text.starts_with(' ')) {
      text.erase(0, 1);
    }
    return text;
  }

  /// The bytes of one token.
  [[nodiscard]] const std::string& token(std::int32_t id) const {
    check_id(id);
    return texts_[static_cast<std::size_t>(id)];
  }

  [[nodiscard]] bool is_special(std::int32_t id) const {
    check_id(id);
    return kinds_[static_cast<std::size_t>(id)] == detail::TokenKind::special;
  }

  /// Whether decoding removes a space from the start of a text.
  [[nodiscard]] bool strips_space() const noexcept { return splitter_.normalizer().strips_space(); }

  /// The id of the added token with this content.
  [[nodiscard]] std::optional<std::int32_t> find_added(std::string_view content) const {
    return splitter_.find(content);
  }

 private:
  [[nodiscard]] static const PretrainedTokenizerParts& checked(const PretrainedTokenizerParts& parts) {
    require(parts.tokens.size() <= most_tokens && parts.merges.size() <= most_merges, "a tokenizer of ",
            parts.tokens.size(), " tokens and ", parts.merges.size(), " merges is more than ", most_tokens, " and ",
            most_merges);
    return parts;
  }

  void check_id(std::int32_t id) const { detail::require_id(id, texts_.size()); }

  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool special_as_text, TextPlace place) const {
    std::vector<std::int32_t> ids;
    detail::WordEncoder encoder(tables_, ids);
    const auto on_text = [&](std::string_view part) {
      if (!steps_.empty()) {
        return for_each_piece(part, steps_, encoder);
      }
      while (!part.empty()) {
        const std::size_t size = cuts_.first(part);
        encoder(part.substr(0, size));
        part.remove_prefix(size);
      }
    };
    splitter_.split(text, special_as_text, place, on_text, [&](std::int32_t id) { ids.push_back(id); });
    return ids;
  }

  std::vector<detail::TokenKind> kinds_;  // by id
  detail::WordTables tables_;
  detail::TextSplitter splitter_;
  std::vector<PretokenizerStep> steps_;
  detail::SafeCuts cuts_;           // where there are no steps
  std::vector<std::string> texts_;  // by id: the bytes that it stands for
  std::vector<std::int32_t> prefix_;
  std::vector<std::int32_t> suffix_;
};

}  // namespace ampsft
