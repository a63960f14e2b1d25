// SPDX-License-Identifier: MIT
/// @file
/// The tables of tokenizers against the standard library's.
#include <ampsft/text/detail/flat_map.hpp>
#include <ampsft/text/detail/token_index.hpp>
#include <ampsft/text/detail/word_cache.hpp>

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "support/catch.hpp"
#include "text/random_text.hpp"

using namespace ampsft;

TEST_CASE("a flat map does what a map does") {
  Random random(1);
  detail::FlatMap<int> flat;
  std::unordered_map<std::uint64_t, int> expected;
  CHECK(flat.find(0) == nullptr);
  for (int i = 0; i < 20'000; ++i) {
    // Keys that are dense, and keys that differ in their upper bits alone.
    const auto key = static_cast<std::uint64_t>(random.below(9'000)) << (random.below(2) == 0 ? 0U : 32U);
    if (random.below(2) == 0) {
      CHECK(flat.emplace(key, i) == expected.emplace(key, i).second);
    } else {
      flat.insert_or_assign(key, i);
      expected[key] = i;
    }
  }
  CHECK(flat.size() == expected.size());
  for (const auto& [key, value] : expected) {
    REQUIRE(flat.find(key) != nullptr);
    CHECK(*flat.find(key) == value);
  }
  CHECK(flat.find(9'000) == nullptr);
  std::map<std::uint64_t, int> visited;
  flat.for_each([&](std::uint64_t key, int value) { visited[key] = value; });
  CHECK(visited == std::map<std::uint64_t, int>(expected.begin(), expected.end()));
}

TEST_CASE("an index finds tokens, by whole hashes and by those of parts") {
  Random random(2);
  std::vector<std::string> tokens{""};
  std::map<std::string, std::int32_t> expected;
  while (tokens.size() < 3'000) {
    std::string text = testing::random_text(random, 1 + random.below(6));
    if (expected.emplace(text, static_cast<std::int32_t>(tokens.size())).second) {
      tokens.push_back(std::move(text));
    }
  }
  const detail::TokenIndex index = detail::index_tokens(tokens);
  CHECK(index.find("") == detail::TokenIndex::none);
  CHECK(detail::TokenIndex().find("a") == detail::TokenIndex::none);
  for (int i = 0; i < 3'000; ++i) {
    const std::string text = testing::random_text(random, 2 + random.below(6));
    const auto size = static_cast<std::size_t>(1 + random.below(static_cast<Index>(text.size()) - 1));
    const std::string_view front = std::string_view(text).substr(0, size);
    const std::string_view back = std::string_view(text).substr(size);
    const auto id_of = [&](std::string_view part) {
      const auto found = expected.find(std::string(part));
      return found == expected.end() ? detail::TokenIndex::none : found->second;
    };
    const detail::TextHash whole(text);
    CHECK(index.find(front, detail::TextHash(front)) == id_of(front));
    CHECK(index.find(back, whole.behind(detail::TextHash(front), back.size())) == id_of(back));
    CHECK(index.find(text) == id_of(text));
  }
  tokens.push_back(tokens[7]);
  CHECK_THROWS_WITH(detail::index_tokens(tokens), ContainsSubstring("tokens 7 and 3000 are both"));
}

TEST_CASE("a word cache gives back what was added, and keeps no long words") {
  detail::WordCache cache;
  const std::string long_word(1025, 'x');
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < 1'000; ++i) {
      const std::string word = std::to_string(i * i);
      const auto* const found = cache.find(word);
      REQUIRE((found != nullptr) == (round == 1));
      if (found == nullptr) {
        cache.add(word, {i, i + 1});
      } else {
        CHECK((found->begin == i && found->size == i + 1));
      }
    }
    REQUIRE(cache.find(long_word) == nullptr);
    cache.add(long_word, {1, 1});
  }
  for (std::size_t i = 0; i < 70'000; ++i) {  // no more than 65,536 words in all
    const std::string word = "word " + std::to_string(i);
    if (cache.find(word) == nullptr) {
      cache.add(word, {0, 0});
    }
  }
  CHECK(cache.find("word 64000") != nullptr);
  CHECK(cache.find("word 69999") == nullptr);
}
