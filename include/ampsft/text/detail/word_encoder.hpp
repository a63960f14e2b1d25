// SPDX-License-Identifier: MIT
/// @file
/// Turns the words of a text into ids.
#pragma once

#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/token_symbols.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// What words are made of; `whole` are words that are tokens whatever the merges say.
struct WordTables {
  TokenSymbols symbols;
  RankedMerges merges;
  TokenIds whole;
};

/// Merges words, each distinct one once, and appends their ids; the tables and the ids must outlive it.
class WordEncoder {
 public:
  WordEncoder(const WordTables& tables, std::vector<std::int32_t>& ids) : tables_(&tables), ids_(&ids) {}

  /// Stays a call: within the loop that cuts words it takes that loop's registers (measured: 7 % of the whole).
  [[gnu::noinline]] void operator()(std::string_view word) {
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
    // So that a long text does not take many times its size.
    constexpr std::size_t most_words = std::size_t{1} << 16U;
    constexpr std::size_t longest_word = 1024;
    if (seen_.size() < most_words && word.size() <= longest_word) {
      seen_.emplace(word, std::pair(begin, ids_->size() - begin));
    }
  }

 private:
  struct TextHash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's
    [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  void append(std::string_view word) {
    if (const auto whole = tables_->whole.find(word); whole != tables_->whole.end()) {
      ids_->push_back(whole->second);
      return;
    }
    symbols_.clear();
    tables_->symbols.append(word, symbols_);
    merge_word_(symbols_, tables_->merges, *ids_);
  }

  const WordTables* tables_;
  std::vector<std::int32_t>* ids_;
  // Where in the ids a word's first encoding lies.
  std::unordered_map<std::string, std::pair<std::size_t, std::size_t>, TextHash, std::equal_to<>> seen_;
  std::vector<std::int32_t> symbols_;
  MergeWord merge_word_;
};

}  // namespace ampsft::detail
