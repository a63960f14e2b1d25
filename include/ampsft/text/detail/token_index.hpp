// SPDX-License-Identifier: MIT
/// @file
/// Finds tokens by their texts.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/text/detail/flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

/// The hash of a text, from which those of its parts can be made: a polynomial in the bytes.
class TextHash {
 public:
  constexpr TextHash() noexcept = default;
  explicit constexpr TextHash(std::string_view text) noexcept { append(text); }

  constexpr void append(std::string_view text) noexcept {
    for (const char byte : text) {
      state_ = state_ * base + static_cast<unsigned char>(byte) + 1;
    }
  }

  /// The hash of the last `size` bytes, behind those of hash `front`.
  [[nodiscard]] constexpr TextHash behind(TextHash front, std::size_t size) const noexcept {
    for (; size > 0; --size) {
      front.state_ *= base;
    }
    front.state_ = state_ - front.state_;
    return front;
  }

  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return spread_bits(state_); }

 private:
  static constexpr std::uint64_t base = 0x9e3779b97f4a7c15U;

  std::uint64_t state_ = 0;
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
    const std::uint64_t hash = TextHash(text).value();
    Slot& slot = slots_[place_of(text, hash)];
    if (slot.id == none) {
      slot = {static_cast<std::uint32_t>(hash >> 32U), id};
      return none;
    }
    return slot.id;
  }

  /// The id of a text, or `none`.
  [[nodiscard]] std::int32_t find(std::string_view text) const noexcept {
    return slots_.empty() ? none : find(text, TextHash(text));
  }

  /// The same for a text whose hash is known.
  [[nodiscard]] std::int32_t find(std::string_view text, TextHash hash) const noexcept {
    return slots_.empty() ? none : slots_[place_of(text, hash.value())].id;
  }

  /// Asks the memory for the slot of a text that will be looked for.
  void prefetch_slot(TextHash hash) const noexcept {
    __builtin_prefetch(&slots_[static_cast<std::size_t>(hash.value()) & (slots_.size() - 1)]);
  }

  /// Asks the memory for the text in that slot, to which it will be compared.
  void prefetch_text(TextHash hash) const noexcept {
    const Slot& slot = slots_[static_cast<std::size_t>(hash.value()) & (slots_.size() - 1)];
    __builtin_prefetch(texts_ + (slot.id == none ? 0 : slot.id));
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
      if (twin != TokenIndex::none) [[unlikely]] {  // not `require`, for which each token would be quoted
        fail("tokens ", twin, " and ", id, " are both ", quoted(tokens[id]));
      }
    }
  }
  return index;
}

}  // namespace ampsft::detail
