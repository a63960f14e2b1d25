// SPDX-License-Identifier: MIT
/// @file
/// Glob patterns by cases, and against a naive recursive matcher.
#include <ampsft/core/glob.hpp>

#include <string>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

bool naive_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '*') {
    return naive_match(pattern.substr(1), text) || (!text.empty() && naive_match(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         naive_match(pattern.substr(1), text.substr(1));
}

/// The `number`-th word of `length` letters of the alphabet.
std::string word(unsigned number, unsigned length, std::string_view alphabet) {
  std::string result;
  for (unsigned i = 0; i < length; ++i, number /= static_cast<unsigned>(alphabet.size())) {
    result += alphabet[number % alphabet.size()];
  }
  return result;
}

}  // namespace

TEST_CASE("glob patterns choose weights by name", "[core]") {
  CHECK(matches_glob("*", "blocks.0.mlp.up.weight"));
  CHECK(matches_glob("*", ""));
  CHECK(matches_glob("blocks.*.mlp.*", "blocks.0.mlp.up.weight"));
  CHECK(matches_glob("blocks.?.attention.[qkv].weight", "blocks.3.attention.[qkv].weight"));  // brackets are letters
  CHECK(matches_glob("", ""));
  CHECK_FALSE(matches_glob("", "x"));
  CHECK_FALSE(matches_glob("blocks", "blocks.0"));
  CHECK_FALSE(matches_glob("blocks.?.mlp", "blocks.10.mlp"));
  CHECK_FALSE(matches_glob("*.bias", "lm_head.weight"));
}

TEST_CASE("glob equals the naive matcher on every short pattern and text", "[core]") {
  for (unsigned pattern_length = 0; pattern_length <= 5; ++pattern_length) {
    for (unsigned p = 0; p < (1U << (2 * pattern_length)); ++p) {
      const std::string pattern = word(p, pattern_length, "ab*?");
      for (unsigned text_length = 0; text_length <= 5; ++text_length) {
        for (unsigned t = 0; t < (1U << text_length); ++t) {
          const std::string text = word(t, text_length, "ab");
          if (matches_glob(pattern, text) != naive_match(pattern, text)) {
            FAIL("'" << pattern << "' against '" << text << "'");
          }
        }
      }
    }
  }
}

TEST_CASE("a hostile pattern does not take exponential time", "[core]") {
  const std::string text(4000, 'a');
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += "a*";
  }
  CHECK(matches_glob(pattern, text));
  CHECK_FALSE(matches_glob(pattern + "b", text));
}
