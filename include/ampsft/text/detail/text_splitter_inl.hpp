// SPDX-License-Identifier: MIT
/// @file
/// Bodies of text_splitter.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/detail/text_normalizer.hpp>
#include <ampsft/text/detail/text_splitter.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE TextSplitter::TextSplitter(const PretrainedTokenizerParts& parts) : normalizer_(parts) {
  std::vector<AddedToken> raw;
  std::vector<AddedToken> normalized;
  raw.reserve(parts.added.size());
  for (AddedToken token : parts.added) {
    token.content = content_of(token);
    (token.normalized ? normalized : raw).push_back(std::move(token));
  }
  raw_ = AddedTokenFinder(std::move(raw));
  normalized_ = AddedTokenFinder(std::move(normalized));
}

AMPSFT_HEADER_INLINE std::string TextSplitter::content_of(const AddedToken& token) const {
  return token.normalized ? normalizer_.normalize(token.content, TextPlace::start) : token.content;
}

AMPSFT_HEADER_INLINE std::optional<std::int32_t> TextSplitter::find(std::string_view content) const {
  if (const auto id = raw_.find(content)) {
    return id;
  }
  return normalized_.find(normalizer_.normalize(content, TextPlace::start));
}

}  // namespace ampsft::detail
