// SPDX-License-Identifier: MIT
/// @file
/// The tokenizer of a pretrained model: byte-level BPE with its own words, normalisation and added tokens.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/data/added_tokens.hpp>
#include <ampsft/data/detail/byte_alphabet.hpp>
#include <ampsft/data/detail/merge_word.hpp>
#include <ampsft/data/detail/normalize_nfc.hpp>
#include <ampsft/data/pretokenization.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft {

/// Everything that determines a pretrained tokenizer.
struct PretrainedTokenizerParts {
  std::vector<std::string> tokens;  ///< by id, in GPT-2's byte alphabet; an id that stands for nothing is empty
  std::vector<std::pair<std::string, std::string>> merges;  ///< first comes first
  std::vector<AddedToken> added;  ///< their contents are plain text; those that are in `tokens` keep that id
  std::vector<PretokenizerStep> steps;
  std::optional<std::int32_t> unknown;  ///< stands for a byte that no token is
  bool nfc = false;                     ///< text is brought to Unicode's form C first
  bool ignore_merges = false;           ///< a word that is a token becomes that token, whatever the merges say
  std::vector<std::int32_t> prefix;     ///< what the model's own tools put before a text, say a beginning-of-text token
  std::vector<std::int32_t> suffix;     ///< and behind it
};

/// Byte-level BPE as Hugging Face's tokenizers do it, with the same ids for every UTF-8 text.
///
/// Added tokens are found first, then the rest is normalised and cut into words, whose bytes are merged, earliest merge
/// first. Bytes that the vocabulary lacks become the unknown token, or nothing where there is none, as there. Text that
/// is no UTF-8 is taken too: each stray byte is a character of its own. Immutable, so threads may share one.
class PretrainedTokenizer {
 public:
  // Above any model's, and so low that a hostile file of the shortest tokens stays within four times its size and 64
  // MiB.
  static constexpr std::size_t most_tokens = 300'000;
  static constexpr std::size_t most_merges = std::size_t{1} << 19U;

  /// Throws `Error` for two tokens of one text, a merge of something that is no token, an added token whose id is not
  /// in the vocabulary, and sizes far above any model's.
  explicit PretrainedTokenizer(PretrainedTokenizerParts parts)
      : steps_(std::move(parts.steps)),
        nfc_(parts.nfc),
        prefix_(std::move(parts.prefix)),
        suffix_(std::move(parts.suffix)) {
    require(parts.tokens.size() <= most_tokens && parts.merges.size() <= most_merges, "a tokenizer of ",
            parts.tokens.size(), " tokens and ", parts.merges.size(), " merges is more than ", most_tokens, " and ",
            most_merges);
    const auto ids = index_tokens(parts.tokens);
    add_bytes(ids, parts.unknown);
    add_merges(parts.merges, ids);
    texts_ = std::move(parts.tokens);
    add_added(std::move(parts.added), parts.ignore_merges);
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

  PretrainedTokenizer(const PretrainedTokenizer&) = delete;  // words_ points into texts_, which moves with it
  PretrainedTokenizer& operator=(const PretrainedTokenizer&) = delete;
  PretrainedTokenizer(PretrainedTokenizer&&) = default;
  PretrainedTokenizer& operator=(PretrainedTokenizer&&) = default;
  ~PretrainedTokenizer() = default;

  [[nodiscard]] Index vocabulary_size() const noexcept { return static_cast<Index>(texts_.size()); }
  [[nodiscard]] const std::vector<std::int32_t>& prefix() const noexcept { return prefix_; }
  [[nodiscard]] const std::vector<std::int32_t>& suffix() const noexcept { return suffix_; }

  /// Ids of a text in which added tokens, special ones too, are recognised; without prefix and suffix.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const { return encode(text, false); }

  /// The same, but what looks like a special token is text: for text that nobody vouches for.
  [[nodiscard]] std::vector<std::int32_t> encode_plain(std::string_view text) const { return encode(text, true); }

  /// The bytes of the tokens one after another, special ones too unless they are skipped; throws `Error` for an id
  /// outside of the vocabulary.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, bool skip_special = false) const {
    std::string text;
    for (const std::int32_t id : ids) {
      check_id(id);
      if (!skip_special || !is_special(id)) {
        text += texts_[static_cast<std::size_t>(id)];
      }
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

  /// The added token of this content.
  [[nodiscard]] std::optional<std::int32_t> find_added(std::string_view content) const {
    for (const auto* const finder : {&raw_, &normalized_}) {
      for (const AddedToken& token : finder->tokens()) {
        if (token.content == content) {
          return token.id;
        }
      }
    }
    return std::nullopt;
  }

 private:
  using TokenIds = std::unordered_map<std::string_view, std::int32_t>;

  enum class Kind : std::uint8_t { word, added, special };

  struct TextHash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's
    [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  [[nodiscard]] static TokenIds index_tokens(const std::vector<std::string>& tokens) {
    TokenIds ids;
    ids.reserve(tokens.size());
    for (std::size_t id = 0; id < tokens.size(); ++id) {
      if (!tokens[id].empty()) {
        const auto [place, is_new] = ids.emplace(tokens[id], static_cast<std::int32_t>(id));
        require(is_new, "tokens ", place->second, " and ", id, " are both ", detail::quoted(tokens[id]));
      }
    }
    return ids;
  }

  void add_bytes(const TokenIds& ids, std::optional<std::int32_t> unknown) {
    for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte) {
      std::string character;
      detail::append_character(character, detail::byte_alphabet[byte]);
      const auto found = ids.find(character);
      byte_ids_[byte] = found != ids.end() ? found->second : unknown.value_or(-1);
    }
  }

  void add_merges(const std::vector<std::pair<std::string, std::string>>& merges, const TokenIds& ids) {
    std::int32_t rank = 0;
    merges_.reserve(merges.size());
    const auto id_of = [&](std::string_view text) {
      const auto found = ids.find(text);
      require(found != ids.end(), "merge ", rank, " needs the token ", detail::quoted(text),
              ", which is not in the vocabulary");
      return found->second;
    };
    for (const auto& [left, right] : merges) {
      // Of equal pairs the last one counts, as in Hugging Face's.
      const std::uint64_t pair = detail::pair_key(id_of(left), id_of(right));
      merges_.insert_or_assign(pair, detail::RankedMerge{rank, id_of(left + right)});
      ++rank;
    }
  }

  /// Tokens become the bytes that they stand for, added ones their content.
  void add_added(std::vector<AddedToken> added, bool index_words) {
    kinds_.resize(texts_.size());
    std::vector<AddedToken> raw;
    std::vector<AddedToken> normalized;
    for (AddedToken& token : added) {
      check_id(token.id);
      Kind& kind = kinds_[static_cast<std::size_t>(token.id)];
      require(kind == Kind::word, "two added tokens have the id ", token.id);
      kind = token.special ? Kind::special : Kind::added;
      texts_[static_cast<std::size_t>(token.id)] = token.content;
      if (token.normalized && nfc_) {
        token.content = detail::normalize_nfc(token.content);
      }
      (token.normalized ? normalized : raw).push_back(std::move(token));
    }
    raw_ = detail::AddedTokenFinder(std::move(raw));
    normalized_ = detail::AddedTokenFinder(std::move(normalized));
    for (std::size_t id = 0; id < texts_.size(); ++id) {
      auto bytes = detail::bytes_of_token(texts_[id]);
      if (kinds_[id] == Kind::word && bytes && !bytes->empty()) {
        texts_[id] = *std::move(bytes);
        if (index_words) {  // not added tokens: where they are looked for, they are found before
          words_.emplace(texts_[id], static_cast<std::int32_t>(id));
        }
      }
    }
  }

  void check_id(std::int32_t id) const {
    require(id >= 0 && id < vocabulary_size(), "token id ", id, " is not in the vocabulary of ids 0 to ",
            vocabulary_size() - 1);
  }

  /// Merges words, each distinct one once.
  class Encoder {
   public:
    Encoder(const PretrainedTokenizer& tokenizer, std::vector<std::int32_t>& ids)
        : tokenizer_(&tokenizer), ids_(&ids) {}

    void operator()(std::string_view word) {
      const auto found = seen_.find(word);
      if (found != seen_.end()) {
        const auto [begin, size] = found->second;
        const std::size_t end = ids_->size();
        ids_->resize(end + size);
        std::copy_n(ids_->data() + begin, size, ids_->data() + end);
        return;
      }
      const std::size_t begin = ids_->size();
      append(word);
      constexpr std::size_t most_words = std::size_t{1}
                                         << 16U;  // so that a long text does not take many times its size
      if (seen_.size() < most_words) {
        seen_.emplace(word, std::pair(begin, ids_->size() - begin));
      }
    }

   private:
    void append(std::string_view word) {
      if (const auto whole = tokenizer_->words_.find(word); whole != tokenizer_->words_.end()) {
        ids_->push_back(whole->second);
        return;
      }
      symbols_.clear();
      for (const char byte : word) {
        if (const std::int32_t id = tokenizer_->byte_ids_[static_cast<unsigned char>(byte)]; id >= 0) {
          symbols_.push_back(id);
        }
      }
      merge_word_(symbols_, tokenizer_->merges_, *ids_);
    }

    const PretrainedTokenizer* tokenizer_;
    std::vector<std::int32_t>* ids_;
    // Where in the ids a word's first encoding lies.
    std::unordered_map<std::string, std::pair<std::size_t, std::size_t>, TextHash, std::equal_to<>> seen_;
    std::vector<std::int32_t> symbols_;
    detail::MergeWord merge_word_;
  };

  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool special_as_text) const {
    std::vector<std::int32_t> ids;
    Encoder encoder(*this, ids);
    const auto on_token = [&](const AddedToken& token) { ids.push_back(token.id); };
    const auto on_words = [&](std::string_view part) { for_each_piece(part, steps_, encoder); };
    raw_.split(
        text, special_as_text,
        [&](std::string_view part) {
          if (nfc_) {
            const std::string normal = detail::normalize_nfc(part);
            normalized_.split(normal, special_as_text, on_words, on_token);
          } else {
            normalized_.split(part, special_as_text, on_words, on_token);
          }
        },
        on_token);
    return ids;
  }

  std::vector<std::string> texts_;  // by id: the bytes that it stands for
  std::vector<Kind> kinds_;         // by id
  std::array<std::int32_t, 256> byte_ids_{};
  detail::RankedMerges merges_;
  std::unordered_map<std::string_view, std::int32_t> words_;  // into texts_
  detail::AddedTokenFinder raw_;
  detail::AddedTokenFinder normalized_;
  std::vector<PretokenizerStep> steps_;
  bool nfc_;
  std::vector<std::int32_t> prefix_;
  std::vector<std::int32_t> suffix_;
};

}  // namespace ampsft
