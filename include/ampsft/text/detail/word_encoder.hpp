// SPDX-License-Identifier: MIT
/// @file
/// Encodes the words of a text.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/token_index.hpp>
#include <ampsft/text/detail/token_symbols.hpp>
#include <ampsft/text/detail/word_cache.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The tables that words are encoded with.
struct WordTables {
  TokenSymbols symbols;
  RankedMerges merges;
  TokenIndex whole;  // words that become tokens without merges
  // Unused tokens: flags by id (empty if there are none), and the texts of those that are characters.
  std::vector<bool> unused;
  std::unordered_map<std::int32_t, std::string> unused_characters;
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
  void append(std::string_view word);

  [[nodiscard]] bool is_unused(std::int32_t id) const { return tables_->unused[static_cast<std::size_t>(id)]; }

  /// Appends an id. As in SentencePiece, an unused id is replaced by the two that it was last merged from; an unused
  /// character becomes an unknown one. The word's ids begin at `begin`. Recurses at most once for each character of the
  /// token.
  void append_used(std::int32_t id, std::size_t begin);

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

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/word_encoder_inl.hpp>
#endif
