// SPDX-License-Identifier: MIT
/// @file
/// XXH64.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/checksum.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ampsft {

AMPSFT_HEADER_INLINE void Checksum::update(std::span<const std::byte> bytes) noexcept {
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

AMPSFT_HEADER_INLINE std::uint64_t Checksum::value() const noexcept {
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

AMPSFT_HEADER_INLINE void Checksum::step(const std::byte* block) noexcept {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i] = mix(lanes_[i], load<std::uint64_t>(block + 8 * i));
  }
}

}  // namespace ampsft
