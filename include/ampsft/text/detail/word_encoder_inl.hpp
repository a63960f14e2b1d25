// SPDX-License-Identifier: MIT
/// @file
/// Bodies of word_encoder.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/token_index.hpp>
#include <ampsft/text/detail/token_symbols.hpp>
#include <ampsft/text/detail/word_cache.hpp>
#include <ampsft/text/detail/word_encoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void WordEncoder::append(std::string_view word) {
  if (const std::int32_t whole = tables_->whole.find(word); whole != TokenIndex::none) {
    ids_->push_back(whole);
    return;
  }
  symbols_.clear();
  tables_->symbols.append(word, symbols_);
  if (tables_->unused.empty()) {
    merge_word_(symbols_, tables_->merges, *ids_);
    return;
  }
  made_.clear();
  merged_.clear();
  merge_word_(symbols_, tables_->merges, merged_, &made_);
  parts_.clear();
  for (const MadeMerge& made : made_) {
    if (is_unused(made.id)) {
      parts_.insert_or_assign(made.id, std::pair(made.left, made.right));
    }
  }
  const std::size_t begin = ids_->size();
  std::for_each(merged_.begin(), merged_.end(), [&](std::int32_t id) { append_used(id, begin); });
}

AMPSFT_HEADER_INLINE void WordEncoder::append_used(std::int32_t id, std::size_t begin) {
  if (!is_unused(id)) {
    ids_->push_back(id);
  } else if (const auto parts = parts_.find(id); parts != parts_.end()) {
    const auto [left, right] = parts->second;
    append_used(left, begin);
    append_used(right, begin);
  } else if (const auto found = tables_->unused_characters.find(id); found != tables_->unused_characters.end()) {
    tables_->symbols.append_unknown(found->second, *ids_, begin);
  } else {  // a byte, or the unknown token
    ids_->push_back(id);
  }
}

}  // namespace ampsft::detail
