// SPDX-License-Identifier: MIT
/// @file
/// Bodies of pretrained_tokenizer.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/detail/safe_cuts.hpp>
#include <ampsft/text/detail/text_splitter.hpp>
#include <ampsft/text/detail/tokenizer_tables.hpp>
#include <ampsft/text/pretokenization.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>
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

AMPSFT_HEADER_INLINE PretrainedTokenizer::PretrainedTokenizer(PretrainedTokenizerParts parts)
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

AMPSFT_HEADER_INLINE std::vector<std::int32_t> PretrainedTokenizer::encode(std::string_view text,
                                                                           TextPlace place) const {
  return encode(text, false, place);
}

AMPSFT_HEADER_INLINE std::vector<std::int32_t> PretrainedTokenizer::encode_plain(std::string_view text,
                                                                                 TextPlace place) const {
  return encode(text, true, place);
}

AMPSFT_HEADER_INLINE std::string PretrainedTokenizer::decode(std::span<const std::int32_t> ids, bool skip_special,
                                                             TextPlace place) const {
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

AMPSFT_HEADER_INLINE const std::string& PretrainedTokenizer::token(std::int32_t id) const {
  check_id(id);
  return texts_[static_cast<std::size_t>(id)];
}

AMPSFT_HEADER_INLINE bool PretrainedTokenizer::is_special(std::int32_t id) const {
  check_id(id);
  return kinds_[static_cast<std::size_t>(id)] == detail::TokenKind::special;
}

AMPSFT_HEADER_INLINE std::optional<std::int32_t> PretrainedTokenizer::find_added(std::string_view content) const {
  return splitter_.find(content);
}

AMPSFT_HEADER_INLINE const PretrainedTokenizerParts& PretrainedTokenizer::checked(
    const PretrainedTokenizerParts& parts) {
  require(parts.tokens.size() <= most_tokens && parts.merges.size() <= most_merges, "a tokenizer of ",
          parts.tokens.size(), " tokens and ", parts.merges.size(), " merges is more than ", most_tokens, " and ",
          most_merges);
  return parts;
}

AMPSFT_HEADER_INLINE void PretrainedTokenizer::check_id(std::int32_t id) const {
  detail::require_id(id, texts_.size());
}

AMPSFT_HEADER_INLINE std::vector<std::int32_t> PretrainedTokenizer::encode(std::string_view text, bool special_as_text,
                                                                           TextPlace place) const {
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

}  // namespace ampsft
