// SPDX-License-Identifier: MIT
/// @file
/// Remembers where the ids of a word stand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// From words to their first ids in a list of ids. Keeps the texts of words one after another in one string.
class WordCache {
 public:
  /// Ids of a word: where they begin, and how many there are.
  struct Ids {
    std::size_t begin;
    std::size_t size;
  };

  /// The ids of a word that was added; null for another one. Keeps the place of the word for `add`.
  [[nodiscard]] const Ids* find(std::string_view word) noexcept {
    hash_ = std::hash<std::string_view>()(word);
    place_ = place_of(word);
    return entries_[place_].used ? &entries_[place_].ids : nullptr;
  }

  /// Adds the word that was looked for last and not found; long words, and words behind the first 65,536, are not kept,
  /// so that a long text does not take many times its size.
  void add(std::string_view word, Ids ids) {
    constexpr std::size_t most_words = std::size_t{1} << 16U;
    constexpr std::size_t longest_word = 1024;
    if (size_ >= most_words || word.size() > longest_word) {
      return;
    }
    entries_[place_] = {hash_, texts_.size(), word.size(), ids, true};
    texts_ += word;
    ++size_;
    if (2 * size_ > entries_.size()) {
      grow();
    }
  }

 private:
  struct Entry {
    std::size_t hash = 0;
    std::size_t text = 0;  // where it begins
    std::size_t text_size = 0;
    Ids ids{0, 0};
    bool used = false;
  };

  [[nodiscard]] std::size_t place_of(std::string_view word) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    std::size_t place = hash_ & mask;
    while (entries_[place].used && !(entries_[place].hash == hash_ && text_of(entries_[place]) == word)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  [[nodiscard]] std::string_view text_of(const Entry& entry) const noexcept {
    return std::string_view(texts_).substr(entry.text, entry.text_size);
  }

  void grow() {
    std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(2 * entries_.size()));
    for (const Entry& entry : old) {
      if (entry.used) {
        hash_ = entry.hash;
        entries_[place_of(text_of(entry))] = entry;
      }
    }
  }

  std::vector<Entry> entries_ = std::vector<Entry>(64);
  std::string texts_;
  std::size_t size_ = 0;
  std::size_t hash_ = 0;   // of the last find
  std::size_t place_ = 0;  // of the last find
};

}  // namespace ampsft::detail
