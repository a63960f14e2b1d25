// SPDX-License-Identifier: MIT
/// @file
/// Encodes the words of a text.
#pragma once

#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/token_index.hpp>
#include <ampsft/text/detail/token_symbols.hpp>
#include <ampsft/text/detail/word_cache.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The tables that words are encoded with.
struct WordTables {
  TokenSymbols symbols;
  RankedMerges merges;
  TokenIndex whole;          // words that become tokens without merges
  std::vector<bool> unused;  // by id: split again after all merges; empty if there are none
};

/// Merges words, each distinct one once, and appends their ids; the tables and the ids must outlive it.
class WordEncoder {
 public:
  WordEncoder(const WordTables& tables, std::vector<std::int32_t>& ids) : tables_(&tables), ids_(&ids) {}

  /// Not inlined: in the loop that splits words it would take that loop's registers (measured: 7 % of the time).
  [[gnu::noinline]] void operator()(std::string_view word) {
    if (const WordCache::Ids* const found = seen_.find(word)) {
      const auto [begin, size] = *found;
      const std::size_t end = ids_->size();
      ids_->resize(end + size);
      std::copy_n(ids_->data() + begin, size, ids_->data() + end);
      return;
    }
    const std::size_t begin = ids_->size();
    append(word);
    seen_.add(word, {begin, ids_->size() - begin});
  }

 private:
  void append(std::string_view word) {
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
    std::for_each(merged_.begin(), merged_.end(), [&](std::int32_t id) { append_used(id); });
  }

  [[nodiscard]] bool is_unused(std::int32_t id) const { return tables_->unused[static_cast<std::size_t>(id)]; }

  /// Appends an id; an unused id is replaced by the two that it was last merged from, as in SentencePiece. The depth of
  /// recursion is at most the number of characters of the token.
  void append_used(std::int32_t id) {
    const auto parts = is_unused(id) ? parts_.find(id) : parts_.end();
    if (parts == parts_.end()) {
      ids_->push_back(id);
      return;
    }
    append_used(parts->second.first);
    append_used(parts->second.second);
  }

  const WordTables* tables_;
  std::vector<std::int32_t>* ids_;
  WordCache seen_;
  std::vector<std::int32_t> symbols_;
  MergeWord merge_word_;
  // For vocabularies with unused ids: the merged word, all its merges, and the parts of each unused id.
  std::vector<std::int32_t> merged_;
  std::vector<MadeMerge> made_;
  std::unordered_map<std::int32_t, std::pair<std::int32_t, std::int32_t>> parts_;
};

}  // namespace ampsft::detail
