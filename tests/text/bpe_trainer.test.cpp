// SPDX-License-Identifier: MIT
/// @file
/// Checks the trainer against one that counts everything anew before every merge.

#include <ampsft/text/bpe_trainer.hpp>

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "text/naive_bpe.hpp"
#include "text/random_text.hpp"

using namespace ampsft;

TEST_CASE("training makes the merges of the naive trainer") {
  Random random(17);
  for (int i = 0; i < 60; ++i) {
    const std::string text = testing::random_text(random, 1 + random.below(400));
    CAPTURE(text);
    REQUIRE(train_bpe(text, 400).merges() == testing::naive_train(text, 400));
  }
}

TEST_CASE("training on two letters, where pairs overlap all the time, is right too") {
  Random random(19);
  for (int i = 0; i < 60; ++i) {
    std::string text;
    for (Index size = random.below(300); size > 0; --size) {
      text.push_back("aaab "[random.below(5)]);
    }
    CAPTURE(text);
    REQUIRE(train_bpe(text, 350).merges() == testing::naive_train(text, 350));
  }
}

TEST_CASE("the most frequent pair comes first, of equals the smallest") {
  CHECK(train_bpe("ba ba ab ab", 257).merges() == std::vector<BpeMerge>{{' ', 'a'}});
  CHECK(train_bpe("xy-xy-xy.ab.ab.ab", 257).merges() == std::vector<BpeMerge>{{'a', 'b'}});
}

TEST_CASE("training stops when no pair occurs twice") {
  CHECK(train_bpe("abab", 1000).vocabulary_size() == 257);
  CHECK(train_bpe("abcdefg", 1000).vocabulary_size() == 256);
  CHECK(train_bpe("", 1000).vocabulary_size() == 256);
  CHECK(train_bpe("abab", 256).vocabulary_size() == 256);
}

TEST_CASE("a run of one letter makes tokens up to the longest allowed and takes no quadratic time") {
  const auto tokenizer = train_bpe(std::string(1'000'000, 'a'), 1000);
  CHECK(tokenizer.vocabulary_size() == 256 + 12);  // 2, 4, ..., 4096 bytes
}

TEST_CASE("progress is reported after every merge") {
  std::vector<std::pair<Index, Index>> calls;
  static_cast<void>(train_bpe("abcabcabc", 258, [&](Index done, Index wanted) { calls.emplace_back(done, wanted); }));
  CHECK(calls == std::vector<std::pair<Index, Index>>{{257, 258}, {258, 258}});
}

TEST_CASE("a vocabulary below the bytes is an error") {
  CHECK_THROWS_WITH(train_bpe("text", 255), ContainsSubstring("a BPE vocabulary of 255"));
  CHECK_THROWS_AS(train_bpe("text", -1), Error);
}
