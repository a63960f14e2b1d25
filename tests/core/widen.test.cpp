// SPDX-License-Identifier: MIT
/// @file
/// Every bfloat16, in rows of any length, becomes the float of the same upper bits.
#include <ampsft/core/half.hpp>
#include <ampsft/core/widen.hpp>

#include <bit>
#include <cstring>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("all bfloat16 are dequantized to the float of their bits") {
  std::vector<std::uint16_t> bits(65536);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = static_cast<std::uint16_t>(i);
  }
  std::vector<BFloat16> from(bits.size());
  std::memcpy(static_cast<void*>(from.data()), bits.data(), 2 * bits.size());
  std::vector<float> to(bits.size());
  widen(from.data(), static_cast<Index>(from.size()), to.data());
  bool same = true;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    same = same && std::bit_cast<std::uint32_t>(to[i]) == std::bit_cast<std::uint32_t>(bf16_to_float(bits[i]));
  }
  CHECK(same);
}

TEST_CASE("rows of any length are dequantized, and nothing behind them is written") {
  for (std::size_t count = 0; count <= 35; ++count) {
    std::vector<BFloat16> from(count);
    for (std::size_t i = 0; i < count; ++i) {
      from[i] = static_cast<BFloat16>(static_cast<float>(i) - 7.0F);
    }
    std::vector<float> to(count + 1, 99.0F);
    widen(from.data(), static_cast<Index>(count), to.data());
    CAPTURE(count);
    CHECK(to[count] == 99.0F);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(to[i] == static_cast<float>(i) - 7.0F);
    }
  }
}
