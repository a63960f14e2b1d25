// SPDX-License-Identifier: MIT
/// @file
/// Checks the words against GPT-2's pattern, run by the standard library's regular expressions.

#include <ampsft/text/pretokenizer.hpp>

#include <algorithm>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/random_text.hpp"

using namespace ampsft;

namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
  Words words;
  for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

/// Cuts a copy in which every byte from 0x80 on is a letter, then takes the same cuts.
Words words_by_regex(const std::string& text) {
  static const std::regex pattern(R"('s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+)");
  std::string letters = text;
  std::replace_if(
      letters.begin(), letters.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, 'x');
  Words words;
  for (std::sregex_iterator it(letters.begin(), letters.end(), pattern), end; it != end; ++it) {
    words.push_back(text.substr(static_cast<std::size_t>(it->position()), static_cast<std::size_t>(it->length())));
  }
  return words;
}

}  // namespace

TEST_CASE("words are cut as GPT-2 cuts them") {
  CHECK(words_of("Hello, it's 2024!  Yes\n\n  indeed ") ==
        Words{"Hello", ",", " it", "'s", " 2024", "!", " ", " Yes", "\n\n ", " indeed", " "});
  CHECK(words_of("we'll''s x=1;\n\ty") == Words{"we", "'ll", "''", "s", " x", "=", "1", ";", "\n", "\t", "y"});
  CHECK(words_of("caf\xc3\xa9 \xff") == Words{"caf\xc3\xa9", " \xff"});
  CHECK(words_of("").empty());
}

TEST_CASE("words equal those of the regular expression and together are the text") {
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = testing::random_text(random, random.below(20));
    const Words words = words_of(text);
    REQUIRE(words == words_by_regex(text));
  }
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (Index size = random.below(40); size > 0; --size) {
      text.push_back(static_cast<char>(random.below(256)));
    }
    std::string joined;
    for (const auto& word : words_of(text)) {
      REQUIRE_FALSE(word.empty());
      joined += word;
    }
    REQUIRE(joined == text);
  }
}
