// SPDX-License-Identifier: MIT
/// @file
/// A fast 64-bit checksum against damaged files; no protection against forgery.
#pragma once

#include <ampsft/core/instances.hpp>

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
  void update(std::span<const std::byte> bytes) noexcept;

  [[nodiscard]] std::uint64_t value() const noexcept;

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

  void step(const std::byte* block) noexcept;

  std::array<std::uint64_t, 4> lanes_{prime_1 + prime_2, prime_2, 0, 0 - prime_1};
  std::array<std::byte, 32> block_{};
  std::size_t pending_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/checksum_inl.hpp>
#endif
