// SPDX-License-Identifier: MIT
/// @file
/// A fast 64-bit checksum against damaged files; no protection against forgery.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ampsft {

/// XXH64 with seed 0 (Collet, xxHash specification 0.1.1), 32 bytes a step, fed in pieces of any size.
///
/// The value depends on the bytes alone, not on how they were cut into pieces.
class Checksum {
 public:
  void update(std::span<const std::byte> bytes) noexcept {
    length_ += bytes.size();
    if (pending_ > 0) {
      const std::size_t taken = std::min(bytes.size(), block_.size() - pending_);
      std::copy_n(bytes.data(), taken, block_.data() + pending_);
      pending_ += taken;
      bytes = bytes.subspan(taken);
      if (pending_ < block_.size()) {
        return;
      }
      step(block_.data());
    }
    for (; bytes.size() >= block_.size(); bytes = bytes.subspan(block_.size())) {
      step(bytes.data());
    }
    std::copy(bytes.begin(), bytes.end(), block_.begin());
    pending_ = bytes.size();
  }

  [[nodiscard]] std::uint64_t value() const noexcept {
    std::uint64_t hash = prime_5;
    if (length_ >= block_.size()) {
      hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
      for (const std::uint64_t lane : lanes_) {
        hash = (hash ^ mix(0, lane)) * prime_1 + prime_4;
      }
    }
    hash += length_;
    std::size_t i = 0;
    for (; i + 8 <= pending_; i += 8) {
      hash = std::rotl(hash ^ mix(0, load<std::uint64_t>(block_.data() + i)), 27) * prime_1 + prime_4;
    }
    if (i + 4 <= pending_) {
      hash = std::rotl(hash ^ (load<std::uint32_t>(block_.data() + i) * prime_1), 23) * prime_2 + prime_3;
      i += 4;
    }
    for (; i < pending_; ++i) {
      hash = std::rotl(hash ^ (std::to_integer<std::uint64_t>(block_[i]) * prime_5), 11) * prime_1;
    }
    hash = (hash ^ (hash >> 33U)) * prime_2;
    hash = (hash ^ (hash >> 29U)) * prime_3;
    return hash ^ (hash >> 32U);
  }

 private:
  static constexpr std::uint64_t prime_1 = 0x9e3779b185ebca87U;
  static constexpr std::uint64_t prime_2 = 0xc2b2ae3d27d4eb4fU;
  static constexpr std::uint64_t prime_3 = 0x165667b19e3779f9U;
  static constexpr std::uint64_t prime_4 = 0x85ebca77c2b2ae63U;
  static constexpr std::uint64_t prime_5 = 0x27d4eb2f165667c5U;

  template <class Word>
  static std::uint64_t load(const std::byte* bytes) noexcept {
    static_assert(std::endian::native == std::endian::little, "the checksum reads little-endian words");
    Word word = 0;
    std::memcpy(&word, bytes, sizeof(word));
    return word;
  }

  static std::uint64_t mix(std::uint64_t lane, std::uint64_t word) noexcept {
    return std::rotl(lane + word * prime_2, 31) * prime_1;
  }

  void step(const std::byte* block) noexcept {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      lanes_[i] = mix(lanes_[i], load<std::uint64_t>(block + 8 * i));
    }
  }

  std::array<std::uint64_t, 4> lanes_{prime_1 + prime_2, prime_2, 0, 0 - prime_1};
  std::array<std::byte, 32> block_{};
  std::size_t pending_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace ampsft
