// SPDX-License-Identifier: MIT
/// @file
/// A hash map in one array, for tables of tokenizers with hundreds of thousands of entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Spreads the bits of a number (the finalizer of splitmix64).
[[nodiscard]] constexpr std::uint64_t spread_bits(std::uint64_t key) noexcept {
  key = (key ^ (key >> 30U)) * 0xbf58476d1ce4e5b9U;
  key = (key ^ (key >> 27U)) * 0x94d049bb133111ebU;
  return key ^ (key >> 31U);
}

/// A map from 64-bit keys, all but the largest one, to small values. Open addressing with linear probing: an entry
/// takes no allocation of its own, and a lookup mostly one cache line. Entries cannot be removed.
template <class Value>
class FlatMap {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Makes room for `count` entries.
  void reserve(std::size_t count) {
    std::size_t capacity = least_capacity;
    while (capacity / 4 * 3 < count) {
      capacity *= 2;
    }
    if (capacity > entries_.size()) {
      rehash(capacity);
    }
  }

  /// The value of a key, or null.
  [[nodiscard]] const Value* find(std::uint64_t key) const noexcept {
    if (entries_.empty()) {
      return nullptr;
    }
    const Entry& entry = entries_[place_of(key)];
    return entry.key == key ? &entry.value : nullptr;
  }

  /// Asks the memory for the place of a key that will be looked for.
  void prefetch(std::uint64_t key) const noexcept {
    if (!entries_.empty()) {
      __builtin_prefetch(&entries_[static_cast<std::size_t>(spread_bits(key)) & (entries_.size() - 1)]);
    }
  }

  /// Adds an entry unless the key is there; returns whether it was added.
  bool emplace(std::uint64_t key, const Value& value) {
    if (size_ >= entries_.size() / 4 * 3) {
      reserve(size_ + 1);
    }
    Entry& entry = entries_[place_of(key)];
    if (entry.key == key) {
      return false;
    }
    entry = {key, value};
    ++size_;
    return true;
  }

  /// Adds an entry, in the place of the one that is there.
  void insert_or_assign(std::uint64_t key, const Value& value) {
    if (!emplace(key, value)) {
      entries_[place_of(key)].value = value;
    }
  }

  /// Calls `visit(key, value)` for all entries, in no order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Entry& entry : entries_) {
      if (entry.key != no_key) {
        visit(entry.key, entry.value);
      }
    }
  }

 private:
  static constexpr std::uint64_t no_key = ~std::uint64_t{0};
  static constexpr std::size_t least_capacity = 16;  // a power of two, as all capacities are

  struct Entry {
    std::uint64_t key = no_key;
    Value value{};
  };

  /// Where the key stands, or the empty entry where it would stand; there is always one.
  [[nodiscard]] std::size_t place_of(std::uint64_t key) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    std::size_t place = static_cast<std::size_t>(spread_bits(key)) & mask;
    while (entries_[place].key != key && entries_[place].key != no_key) {
      place = (place + 1) & mask;
    }
    return place;
  }

  void rehash(std::size_t capacity) {
    const std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(capacity));
    for (const Entry& entry : old) {
      if (entry.key != no_key) {
        entries_[place_of(entry.key)] = entry;
      }
    }
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace ampsft::detail
