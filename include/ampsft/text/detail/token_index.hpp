// SPDX-License-Identifier: MIT
/// @file
/// Finds tokens by their texts.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

/// The hash of a text that grows at its end, so that all beginnings of a text cost one pass (FNV-1a).
class GrowingHash {
 public:
  constexpr GrowingHash() noexcept = default;
  explicit constexpr GrowingHash(std::string_view text) noexcept { append(text); }

  constexpr void append(std::string_view text) noexcept {
    for (const char byte : text) {
      state_ = (state_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
    }
  }

  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return state_ ^ (state_ >> 32U); }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325U;
};

/// Ids of tokens by their texts: a hash table in one array of 8 bytes an entry, at most half full. The texts stay with
/// the caller, whose array must not move.
class TokenIndex {
 public:
  static constexpr std::int32_t none = -1;

  TokenIndex() = default;

  /// An index of up to `count` texts from `texts` on; empty as yet.
  TokenIndex(const std::string* texts, std::size_t count) : texts_(texts) {
    std::size_t capacity = 16;
    while (capacity < 2 * count) {
      capacity *= 2;
    }
    slots_.resize(capacity);
  }

  /// Adds the text of an id; returns the id that has this text already, or `none`. To be called `count` times at most.
  std::int32_t add(std::int32_t id) {
    const std::string_view text = text_of(id);
    const std::uint64_t hash = GrowingHash(text).value();
    Slot& slot = slots_[place_of(text, hash)];
    if (slot.id == none) {
      slot = {static_cast<std::uint32_t>(hash >> 32U), id};
      return none;
    }
    return slot.id;
  }

  /// The id of a text, or `none`.
  [[nodiscard]] std::int32_t find(std::string_view text) const noexcept {
    return slots_.empty() ? none : find(text, GrowingHash(text));
  }

  /// The same for a text whose hash is known.
  [[nodiscard]] std::int32_t find(std::string_view text, GrowingHash hash) const noexcept {
    return slots_.empty() ? none : slots_[place_of(text, hash.value())].id;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;  // the upper half of the hash: texts are compared only where it agrees
    std::int32_t id = none;
  };

  [[nodiscard]] std::string_view text_of(std::int32_t id) const noexcept {
    return texts_[static_cast<std::size_t>(id)];
  }

  /// Where the text stands, or the empty slot where it would stand.
  [[nodiscard]] std::size_t place_of(std::string_view text, std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(hash >> 32U);
    std::size_t place = static_cast<std::size_t>(hash) & mask;
    while (slots_[place].id != none && (slots_[place].tag != tag || text_of(slots_[place].id) != text)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  const std::string* texts_ = nullptr;
  std::vector<Slot> slots_;
};

/// An index of all tokens that are not empty; `tokens` must outlive it. Throws `Error` for two of one text.
[[nodiscard]] inline TokenIndex index_tokens(const std::vector<std::string>& tokens) {
  TokenIndex index(tokens.data(), tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (!tokens[id].empty()) {
      const std::int32_t twin = index.add(static_cast<std::int32_t>(id));
      require(twin == TokenIndex::none, "tokens ", twin, " and ", id, " are both ", quoted(tokens[id]));
    }
  }
  return index;
}

}  // namespace ampsft::detail
