// SPDX-License-Identifier: MIT
/// @file
/// An index of all adjacent pairs in the distinct words of a text, updated by each merge.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/pretokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The standard library's hash of a number is the number, whose low bits are those of the right id alone.
struct PairHash {
  [[nodiscard]] std::size_t operator()(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>(spread_bits(key));
  }
};

/// Holds the distinct words as one array of linked tokens, and the count and places of every pair.
///
/// A merge touches only the places of its pair, so training costs the sum of all merged occurrences. Memory: 24 bytes
/// for each byte of distinct words, and 4 to 8 for each occurrence of a pair.
class PairIndex {
 public:
  using Count = std::int64_t;

  explicit PairIndex(std::string_view text) {
    std::unordered_map<std::string_view, Count> counts;
    std::vector<std::string_view> words;  // in the order of the text, for the same run on every machine
    std::size_t size = 0;
    for_each_word(text, [&](std::string_view word) {
      if (++counts[word] == 1) {
        words.push_back(word);
        size += word.size();
      }
    });
    require(size <= static_cast<std::size_t>(std::numeric_limits<Place>::max()), "the distinct words of the text hold ",
            size, " bytes, more than can be indexed; train on a part of it");
    tokens_.reserve(size);
    for (const std::string_view word : words) {
      append(word, counts[word]);
    }
    for (Place place = 0; place < static_cast<Place>(tokens_.size()); ++place) {
      add_pair(place);
    }
  }

  /// How often a pair occurs in the text, overlapping occurrences included.
  [[nodiscard]] Count count(std::uint64_t pair) const {
    const auto found = pairs_.find(pair);
    return found == pairs_.end() ? 0 : found->second.count;
  }

  /// The new pairs of the last merge; before the first merge, all pairs.
  [[nodiscard]] const std::vector<std::uint64_t>& created() const noexcept { return created_; }

  /// Replaces the pair `left right`, which must exist, by the new id `merged` in all words, from left to right.
  void merge(std::int32_t left, std::int32_t right, std::int32_t merged) {
    const auto found = pairs_.find(pair_key(left, right));
    const std::vector<Place> places = std::move(found->second.places);
    created_.clear();
    // Places ascend in every list: this one pass creates all pairs with the new id.
    for (const Place place : places) {
      Token& token = at(place);
      if (token.id != left || token.next == none || at(token.next).id != right) {
        continue;  // an earlier merge took one of the two
      }
      remove_pair(token.previous);
      remove_pair(token.next);
      Token& absorbed = at(token.next);
      absorbed.id = gone;
      token.id = merged;
      token.next = absorbed.next;
      if (token.next != none) {
        at(token.next).previous = place;
      }
      add_pair(token.previous);
      add_pair(place);
    }
    pairs_.erase(pair_key(left, right));
  }

 private:
  using Place = std::int32_t;
  static constexpr Place none = -1;
  static constexpr std::int32_t gone = -1;

  struct Token {
    std::int32_t id;
    Place previous;
    Place next;
    Count words;  // how often the token's word stands in the text
  };

  struct Pair {
    Count count = 0;
    std::vector<Place> places;  // of the left token; stale ones stay until the pair is merged
  };

  [[nodiscard]] Token& at(Place place) { return tokens_[static_cast<std::size_t>(place)]; }

  void append(std::string_view word, Count count) {
    const auto begin = static_cast<Place>(tokens_.size());
    const auto end = begin + static_cast<Place>(word.size());
    for (Place place = begin; place < end; ++place) {
      tokens_.push_back({static_cast<unsigned char>(word[static_cast<std::size_t>(place - begin)]),
                         place == begin ? none : place - 1, place + 1 == end ? none : place + 1, count});
    }
  }

  /// Counts the pair that begins at `place`, if one does.
  void add_pair(Place place) {
    if (place == none || at(place).next == none) {
      return;
    }
    const std::uint64_t key = pair_key(at(place).id, at(at(place).next).id);
    Pair& pair = pairs_[key];
    if (pair.places.empty()) {
      created_.push_back(key);
    }
    pair.count += at(place).words;
    pair.places.push_back(place);
  }

  void remove_pair(Place place) {
    if (place != none && at(place).next != none) {
      const auto found = pairs_.find(pair_key(at(place).id, at(at(place).next).id));
      found->second.count -= at(place).words;
    }
  }

  std::vector<Token> tokens_;
  std::unordered_map<std::uint64_t, Pair, PairHash> pairs_;
  std::vector<std::uint64_t> created_;
};

}  // namespace ampsft::detail
