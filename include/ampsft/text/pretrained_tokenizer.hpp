// SPDX-License-Identifier: MIT
/// @file
/// The tokenizer of a pretrained model: BPE over bytes or characters with its own words, normalization, added tokens.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/detail/safe_cuts.hpp>
#include <ampsft/text/detail/text_splitter.hpp>
#include <ampsft/text/detail/tokenizer_tables.hpp>
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
  explicit PretrainedTokenizer(PretrainedTokenizerParts parts);

  PretrainedTokenizer(const PretrainedTokenizer&) = delete;  // tables_ point into texts_, whose array moves along
  PretrainedTokenizer& operator=(const PretrainedTokenizer&) = delete;
  PretrainedTokenizer(PretrainedTokenizer&&) = default;
  PretrainedTokenizer& operator=(PretrainedTokenizer&&) = default;
  ~PretrainedTokenizer() = default;

  [[nodiscard]] Index vocabulary_size() const noexcept { return static_cast<Index>(texts_.size()); }
  [[nodiscard]] const std::vector<std::int32_t>& prefix() const noexcept { return prefix_; }
  [[nodiscard]] const std::vector<std::int32_t>& suffix() const noexcept { return suffix_; }

  /// The ids of a text, without prefix and suffix. Recognizes added tokens, special ones too.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, TextPlace place = TextPlace::start) const;

  /// The same, but special tokens are not recognized: for text from outside.
  [[nodiscard]] std::vector<std::int32_t> encode_plain(std::string_view text, TextPlace place = TextPlace::start) const;

  /// The bytes of the tokens, concatenated. Removes the space that some tokenizers add to the start of a text. Throws
  /// `Error` for an id outside the vocabulary.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, bool skip_special = false,
                                   TextPlace place = TextPlace::start) const;

  /// The bytes of one token.
  [[nodiscard]] const std::string& token(std::int32_t id) const;

  [[nodiscard]] bool is_special(std::int32_t id) const;

  /// Whether decoding removes a space from the start of a text.
  [[nodiscard]] bool strips_space() const noexcept { return splitter_.normalizer().strips_space(); }

  /// The id of the added token with this content.
  [[nodiscard]] std::optional<std::int32_t> find_added(std::string_view content) const;

 private:
  [[nodiscard]] static const PretrainedTokenizerParts& checked(const PretrainedTokenizerParts& parts);

  void check_id(std::int32_t id) const;

  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool special_as_text, TextPlace place) const;

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

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/pretrained_tokenizer_inl.hpp>
#endif
