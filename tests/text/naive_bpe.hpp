// SPDX-License-Identifier: MIT
/// @file
/// Byte-pair encoding by its definition: slow, short, the oracle of the fast one.
#pragma once

#include <ampsft/text/bpe_tokenizer.hpp>

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::testing {

using Ids = std::vector<std::int32_t>;

inline std::vector<Ids> naive_words(std::string_view text) {
  std::vector<Ids> words;
  for_each_word(text, [&](std::string_view word) {
    Ids& ids = words.emplace_back();
    for (const char c : word) {
      ids.push_back(static_cast<unsigned char>(c));
    }
  });
  return words;
}

/// Replaces the pair by `id` from left to right.
inline Ids naive_merge(const Ids& word, BpeMerge pair, std::int32_t id) {
  Ids merged;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (i + 1 < word.size() && word[i] == pair.left && word[i + 1] == pair.right) {
      merged.push_back(id);
      ++i;
    } else {
      merged.push_back(word[i]);
    }
  }
  return merged;
}

/// Counts every pair of every word anew before every merge.
inline std::vector<BpeMerge> naive_train(std::string_view text, Index vocabulary_size) {
  std::vector<Ids> words = naive_words(text);
  std::vector<BpeMerge> merges;
  while (256 + static_cast<Index>(merges.size()) < vocabulary_size) {
    std::map<std::pair<std::int32_t, std::int32_t>, int> counts;
    for (const Ids& word : words) {
      for (std::size_t i = 0; i + 1 < word.size(); ++i) {
        ++counts[{word[i], word[i + 1]}];
      }
    }
    int most = 1;
    BpeMerge best{-1, -1};
    for (const auto& [pair, count] : counts) {  // smallest pair first
      if (count > most) {
        most = count;
        best = {pair.first, pair.second};
      }
    }
    if (most < 2) {
      break;
    }
    for (Ids& word : words) {
      word = naive_merge(word, best, 256 + static_cast<std::int32_t>(merges.size()));
    }
    merges.push_back(best);
  }
  return merges;
}

/// Applies all merges, one after another, to every word.
inline Ids naive_encode(std::string_view text, const std::vector<BpeMerge>& merges) {
  Ids ids;
  for (Ids word : naive_words(text)) {
    for (std::size_t i = 0; i < merges.size(); ++i) {
      word = naive_merge(word, merges[i], 256 + static_cast<std::int32_t>(i));
    }
    ids.insert(ids.end(), word.begin(), word.end());
  }
  return ids;
}

}  // namespace ampsft::testing
