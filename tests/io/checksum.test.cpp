// SPDX-License-Identifier: MIT
/// @file
/// Checks the checksum against published values and its independence of the pieces.

#include <ampsft/io/checksum.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

std::uint64_t checksum_of(std::string_view text, std::size_t piece) {
  Checksum checksum;
  for (std::size_t i = 0; i < text.size(); i += piece) {
    checksum.update(std::as_bytes(std::span(text.substr(i, piece))));
  }
  return checksum.value();
}

}  // namespace

TEST_CASE("the checksum is XXH64 with seed 0") {
  CHECK(checksum_of("", 1) == 0xef46db3751d8e999U);
  CHECK(checksum_of("a", 1) == 0xd24ec4f1a98c6e5bU);
  CHECK(checksum_of("abc", 3) == 0x44bc2cf5ad770999U);
  CHECK(checksum_of("Nobody inspects the spammish repetition", 100) == 0xfbcea83c8a378bf1U);
}

TEST_CASE("the checksum does not depend on how the bytes are cut into pieces, and sees every bit") {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text.push_back(static_cast<char>(i * 7 % 251));
    const auto expected = checksum_of(text, text.size());
    for (const std::size_t piece : {1U, 3U, 8U, 31U, 32U, 33U, 64U}) {
      REQUIRE(checksum_of(text, piece) == expected);
    }
    std::string damaged = text;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
    REQUIRE(checksum_of(damaged, 1000) != expected);
  }
}
