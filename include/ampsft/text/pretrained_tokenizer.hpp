// SPDX-License-Identifier: MIT
/// @file
/// The tokenizer of a pretrained model: BPE over bytes or characters with its own words, normalisation, added tokens.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/detail/merge_ranks.hpp>
#include <ampsft/text/detail/normalize_nfc.hpp>
#include <ampsft/text/detail/space_marks.hpp>
#include <ampsft/text/detail/token_symbols.hpp>
#include <ampsft/text/detail/word_encoder.hpp>
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

/// BPE as Hugging Face's tokenizers do it, or with scores as SentencePiece does, with the same ids for every UTF-8
/// text.
///
/// Added tokens are found first, then the rest is normalised and cut into words, whose bytes or characters are merged,
/// earliest merge first. Bytes that the vocabulary lacks become the unknown token, or nothing where there is none, as
/// there. Text that is no UTF-8 is taken too: each stray byte is a character of its own. In a
/// vocabulary of characters no merge makes a special token. Immutable, so threads may share one.
class PretrainedTokenizer {
 public:
  // Above any model's, and so low that a hostile file of the shortest tokens stays within four times its size and 64
  // MiB.
  static constexpr std::size_t most_tokens = 300'000;
  static constexpr std::size_t most_merges = std::size_t{1} << 19U;

  /// Throws `Error` for two tokens of one text, a merge of something that is no token, an added token whose id is not
  /// in the vocabulary, parts that do not go together, and sizes far above any model's.
  explicit PretrainedTokenizer(PretrainedTokenizerParts parts)
      : kinds_(kinds_of(parts)),
        tables_(tables_of(parts)),
        texts_(std::move(parts.tokens)),
        steps_(std::move(parts.steps)),
        spaces_(parts.alphabet == TokenAlphabet::characters ? std::optional(parts.spaces) : std::nullopt),
        nfc_(parts.nfc),
        prefix_(std::move(parts.prefix)),
        suffix_(std::move(parts.suffix)) {
    add_texts(parts.ignore_merges);
    add_added(std::move(parts.added));
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

  PretrainedTokenizer(const PretrainedTokenizer&) = delete;  // tables_ point into texts_, which moves with them
  PretrainedTokenizer& operator=(const PretrainedTokenizer&) = delete;
  PretrainedTokenizer(PretrainedTokenizer&&) = default;
  PretrainedTokenizer& operator=(PretrainedTokenizer&&) = default;
  ~PretrainedTokenizer() = default;

  [[nodiscard]] Index vocabulary_size() const noexcept { return static_cast<Index>(texts_.size()); }
  [[nodiscard]] const std::vector<std::int32_t>& prefix() const noexcept { return prefix_; }
  [[nodiscard]] const std::vector<std::int32_t>& suffix() const noexcept { return suffix_; }

  /// Ids of a text in which added tokens, special ones too, are recognised; without prefix and suffix.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, TextPlace place = TextPlace::start) const {
    return encode(text, false, place);
  }

  /// The same, but what looks like a special token is text: for text that nobody vouches for.
  [[nodiscard]] std::vector<std::int32_t> encode_plain(std::string_view text,
                                                       TextPlace place = TextPlace::start) const {
    return encode(text, true, place);
  }

  /// The bytes of the tokens one after another, special ones too unless they are skipped; without the space at the
  /// start that some tokenizers put there. Throws `Error` for an id outside of the vocabulary.
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
    return kinds_[static_cast<std::size_t>(id)] == Kind::special;
  }

  /// Whether decoding takes a space off the start of a text.
  [[nodiscard]] bool strips_space() const noexcept { return spaces_ && spaces_->stripped; }

  /// The added token of this content.
  [[nodiscard]] std::optional<std::int32_t> find_added(std::string_view content) const {
    if (const auto id = raw_.find(content)) {
      return id;
    }
    return normalized_.find(normalize(content, TextPlace::start));
  }

 private:
  enum class Kind : std::uint8_t { word, added, special };

  [[nodiscard]] static std::vector<Kind> kinds_of(const PretrainedTokenizerParts& parts) {
    require(parts.tokens.size() <= most_tokens && parts.merges.size() <= most_merges, "a tokenizer of ",
            parts.tokens.size(), " tokens and ", parts.merges.size(), " merges is more than ", most_tokens, " and ",
            most_merges);
    std::vector<Kind> kinds(parts.tokens.size());
    for (const AddedToken& token : parts.added) {
      check_id(token.id, kinds.size());
      Kind& kind = kinds[static_cast<std::size_t>(token.id)];
      require(kind == Kind::word, "two added tokens have the id ", token.id);
      kind = token.special ? Kind::special : Kind::added;
    }
    return kinds;
  }

  [[nodiscard]] detail::WordTables tables_of(const PretrainedTokenizerParts& parts) const {
    require(parts.scores.empty() || parts.merges.empty(), "a tokenizer has merges or scores, not both");
    require(!parts.ignore_merges || parts.alphabet == TokenAlphabet::bytes,
            "words that are tokens whatever the merges say are supported for BPE over bytes alone");
    const detail::TokenIds ids = detail::index_tokens(parts.tokens);
    const auto kind_of = [this](std::int32_t id) { return kinds_[static_cast<std::size_t>(id)]; };
    // A special token that merges make would come out of text that nobody vouches for.
    const auto is_refused = [&](std::int32_t id) {
      return parts.alphabet == TokenAlphabet::characters && kind_of(id) == Kind::special;
    };
    const auto is_word = [&](std::int32_t id) { return kind_of(id) == Kind::word; };
    return {detail::TokenSymbols(parts, ids),
            parts.scores.empty() ? detail::ranks_of_merges(parts.merges, ids, is_refused)
                                 : detail::ranks_of_scores(parts.tokens, parts.scores, ids, most_merges, is_word),
            {}};
  }

  /// Tokens become the bytes that they stand for.
  void add_texts(bool index_words) {
    for (std::size_t id = 0; id < texts_.size(); ++id) {
      if (spaces_) {
        texts_[id] = detail::text_of_token(texts_[id]);
        continue;
      }
      auto bytes = detail::bytes_of_token(texts_[id]);
      if (kinds_[id] == Kind::word && bytes && !bytes->empty()) {
        texts_[id] = *std::move(bytes);
        if (index_words) {  // not added tokens: where they are looked for, they are found before
          tables_.whole.emplace(texts_[id], static_cast<std::int32_t>(id));
        }
      }
    }
  }

  /// Added tokens become their content, as it is looked for.
  void add_added(std::vector<AddedToken> added) {
    std::vector<AddedToken> raw;
    std::vector<AddedToken> normalized;
    raw.reserve(added.size());
    for (AddedToken& token : added) {
      std::string& text = texts_[static_cast<std::size_t>(token.id)];
      text = token.content;
      if (token.normalized) {
        token.content = normalize(token.content, TextPlace::start);
      }
      if (spaces_) {  // with the space in front that it takes from the text
        text = detail::text_of_token(token.content);
      }
      (token.normalized ? normalized : raw).push_back(std::move(token));
    }
    raw_ = detail::AddedTokenFinder(std::move(raw));
    normalized_ = detail::AddedTokenFinder(std::move(normalized));
  }

  static void check_id(std::int32_t id, std::size_t size) {
    require(id >= 0 && static_cast<std::size_t>(id) < size, "token id ", id, " is not in the vocabulary of ids 0 to ",
            static_cast<Index>(size) - 1);
  }
  void check_id(std::int32_t id) const { check_id(id, texts_.size()); }

  /// Whether a piece gets a space in front.
  [[nodiscard]] bool space_in_front(TextPlace place) const {
    return place == TextPlace::start ? spaces_->in_front != SpaceInFront::nowhere
                                     : place == TextPlace::after_token && spaces_->in_front == SpaceInFront::everywhere;
  }

  [[nodiscard]] bool marks_early() const { return spaces_ && !spaces_->metaspace; }

  /// What is done to a text before added tokens that are `normalized` are looked for.
  [[nodiscard]] std::string normalize(std::string_view text, TextPlace place) const {
    std::string normal = nfc_ ? detail::normalize_nfc(text) : std::string(text);
    return marks_early() ? detail::mark_spaces(normal, space_in_front(place)) : normal;
  }

  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool special_as_text, TextPlace place) const {
    std::vector<std::int32_t> ids;
    detail::WordEncoder encoder(tables_, ids);
    const auto on_token = [&](const AddedToken& token) {
      ids.push_back(token.id);
      place = TextPlace::after_token;
    };
    const auto on_words = [&](std::string_view part) {
      std::string marked;
      if (spaces_ && spaces_->metaspace) {
        marked = detail::mark_spaces(part, space_in_front(place) && !detail::begins_with_space(part));
        part = marked;
      }
      for_each_piece(part, steps_, encoder);
    };
    raw_.split(
        text, special_as_text,
        [&](std::string_view part) {
          if (nfc_ || marks_early()) {
            const std::string normal = normalize(part, place);
            normalized_.split(normal, special_as_text, on_words, on_token);
          } else {
            normalized_.split(part, special_as_text, on_words, on_token);
          }
        },
        on_token);
    return ids;
  }

  std::vector<Kind> kinds_;  // by id
  detail::WordTables tables_;
  std::vector<std::string> texts_;  // by id: the bytes that it stands for
  detail::AddedTokenFinder raw_;
  detail::AddedTokenFinder normalized_;
  std::vector<PretokenizerStep> steps_;
  std::optional<SpaceMarks> spaces_;  // of a vocabulary of characters
  bool nfc_;
  std::vector<std::int32_t> prefix_;
  std::vector<std::int32_t> suffix_;
};

}  // namespace ampsft
