// SPDX-License-Identifier: MIT
/// @file
/// Bodies of added_tokens.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/detail/character_class.hpp>
#include <ampsft/text/detail/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::sort(tokens_.begin(), tokens_.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.content < b.content; });
  for (const AddedToken& token : tokens_) {
    require(!token.content.empty() && token.content.size() <= longest_content, "the added token ", token.id, " has ",
            token.content.size(), " bytes; it must have 1 to ", longest_content);
    ++ends_[static_cast<unsigned char>(token.content.front())];
  }
  std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
  for (std::size_t first = 0, begin = 0; first < ends_.size(); begin = ends_[first++]) {
    if (begin < ends_[first]) {
      common_[first] = common_prefix(tokens_[begin].content, tokens_[ends_[first] - 1].content);
    }
  }
}

AMPSFT_HEADER_INLINE std::optional<std::int32_t> AddedTokenFinder::find(std::string_view content) const {
  const auto found = std::lower_bound(tokens_.begin(), tokens_.end(), content,
                                      [](const AddedToken& token, std::string_view c) { return token.content < c; });
  return found != tokens_.end() && found->content == content ? std::optional(found->id) : std::nullopt;
}

AMPSFT_HEADER_INLINE const AddedToken* AddedTokenFinder::longest_at(std::string_view text) const {
  const std::size_t first = static_cast<unsigned char>(text.front());
  const std::size_t begin = first == 0 ? 0 : ends_[first - 1];
  if (begin == ends_[first]) {
    return nullptr;
  }
  auto low = tokens_.begin() + static_cast<std::ptrdiff_t>(begin);
  auto high = tokens_.begin() + static_cast<std::ptrdiff_t>(ends_[first]);
  const std::size_t common = common_[first];
  if (!text.starts_with(std::string_view(low->content).substr(0, common))) {
    return nullptr;
  }
  // Of the tokens that agree with the text so far, the shortest is the first: byte after byte the range narrows.
  const AddedToken* longest = low->content.size() == common ? &*low++ : nullptr;
  for (std::size_t size = common; low != high && size < text.size(); ++size) {
    const char byte = text[size];
    const auto less = [size](const AddedToken& token, char b) {
      return static_cast<unsigned char>(token.content[size]) < static_cast<unsigned char>(b);
    };
    const auto greater = [size](char b, const AddedToken& token) {
      return static_cast<unsigned char>(b) < static_cast<unsigned char>(token.content[size]);
    };
    low = std::lower_bound(low, high, byte, less);
    high = std::upper_bound(low, high, byte, greater);
    if (low != high && low->content.size() == size + 1) {
      longest = &*low++;
    }
  }
  return longest;
}

AMPSFT_HEADER_INLINE std::size_t AddedTokenFinder::common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

AMPSFT_HEADER_INLINE bool AddedTokenFinder::alone(std::string_view text, std::size_t begin, std::size_t end) {
  return (begin == 0 || !is_of_word(last_character(text.substr(0, begin)).point)) &&
         (end == text.size() || !is_of_word(first_character(text.substr(end)).point));
}

AMPSFT_HEADER_INLINE std::size_t AddedTokenFinder::white_space_before(std::string_view text) {
  const std::size_t size = text.size();
  while (!text.empty() && is_white_space(last_character(text).point)) {
    text.remove_suffix(last_character(text).size);
  }
  return size - text.size();
}

AMPSFT_HEADER_INLINE std::size_t AddedTokenFinder::white_space_after(std::string_view text) {
  const std::size_t size = text.size();
  while (!text.empty() && is_white_space(first_character(text).point)) {
    text.remove_prefix(first_character(text).size);
  }
  return size - text.size();
}

}  // namespace ampsft::detail
