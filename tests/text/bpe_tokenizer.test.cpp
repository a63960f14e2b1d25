// SPDX-License-Identifier: MIT
/// @file
/// Checks encoding against the naive encoder, round trips of any bytes, and files that are not tokenizers.

#include <ampsft/text/bpe_trainer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "text/naive_bpe.hpp"
#include "text/random_text.hpp"

using namespace ampsft;

namespace {

BpeTokenizer trained() {
  Random random(23);
  return train_bpe(testing::random_text(random, 3000), 350);
}

}  // namespace

TEST_CASE("encoding applies the merges in their order") {
  const BpeTokenizer tokenizer = trained();
  REQUIRE(tokenizer.vocabulary_size() == 350);
  Random random(29);
  for (int i = 0; i < 200; ++i) {
    const std::string text = testing::random_text(random, random.below(100));
    REQUIRE(tokenizer.encode(text) == testing::naive_encode(text, tokenizer.merges()));
  }
  for (const std::size_t size : {1U, 2U, 3U, 7U, 8U, 100U}) {
    const std::string text(size, 'a');
    CHECK(tokenizer.encode(text) == testing::naive_encode(text, tokenizer.merges()));
  }
}

TEST_CASE("a merge that could be read two ways is taken from the left") {
  const BpeTokenizer tokenizer({{'b', 'c'}, {'a', 'b'}, {256, 'd'}});
  CHECK(tokenizer.encode("abcd") == std::vector<std::int32_t>{'a', 258});
  CHECK(tokenizer.encode("abd") == std::vector<std::int32_t>{257, 'd'});
  CHECK(BpeTokenizer({{'a', 'a'}}).encode("aaa") == std::vector<std::int32_t>{256, 'a'});
}

TEST_CASE("any bytes come back") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(i));
  }
  Random random(31);
  for (const BpeTokenizer& tokenizer : {trained(), BpeTokenizer(), train_bpe(bytes + bytes, 500)}) {
    CHECK(tokenizer.encode("").empty());
    CHECK(tokenizer.decode({}).empty());
    CHECK(tokenizer.decode(tokenizer.encode(bytes)) == bytes);
    CHECK(tokenizer.decode(tokenizer.encode(std::string(3, '\0'))) == std::string(3, '\0'));
    for (int i = 0; i < 200; ++i) {
      std::string text;
      for (Index size = random.below(60); size > 0; --size) {
        text.push_back(static_cast<char>(random.below(256)));
      }
      REQUIRE(tokenizer.decode(tokenizer.encode(text)) == text);
    }
  }
}

TEST_CASE("a word of a million letters takes no quadratic time") {
  const std::string text(1'000'000, 'a');
  const BpeTokenizer tokenizer({{'a', 'a'}, {256, 256}, {257, 'a'}});
  const auto ids = tokenizer.encode(text);
  CHECK(ids == std::vector<std::int32_t>(250'000, 257));
  CHECK(tokenizer.decode(ids) == text);
}

TEST_CASE("ids outside of the vocabulary are errors") {
  const BpeTokenizer tokenizer({{'a', 'b'}});
  CHECK(tokenizer.decode(std::vector<std::int32_t>{256, 'c'}) == "abc");
  CHECK_THROWS_WITH(tokenizer.decode(std::vector<std::int32_t>{257}), ContainsSubstring("token id 257"));
  CHECK_THROWS_AS(tokenizer.decode(std::vector<std::int32_t>{-1}), Error);
}

TEST_CASE("merges that contradict each other are errors") {
  CHECK_THROWS_WITH(BpeTokenizer({{'a', 256}}), ContainsSubstring("merge 0 joins 97 and 256"));
  CHECK_THROWS_AS(BpeTokenizer({{-1, 'a'}}), Error);
  CHECK_THROWS_WITH(BpeTokenizer({{'a', 'b'}, {'a', 'b'}}), ContainsSubstring("as an earlier merge does"));
  std::vector<BpeMerge> doubling{{'a', 'a'}};
  for (std::int32_t id = 256; id < 267; ++id) {
    doubling.push_back({id, id});
  }
  CHECK_NOTHROW(BpeTokenizer(doubling));
  doubling.push_back({267, 'a'});
  CHECK_THROWS_WITH(BpeTokenizer(doubling), ContainsSubstring("a token of 4097 bytes"));
}

TEST_CASE("a saved tokenizer is loaded again") {
  const testing::TemporaryFolder folder;
  const BpeTokenizer tokenizer = trained();
  tokenizer.save(folder.path() / "tokenizer.json");
  CHECK(BpeTokenizer::load(folder.path() / "tokenizer.json") == tokenizer);
  CHECK_FALSE(BpeTokenizer() == tokenizer);
}

TEST_CASE("files that are no tokenizers are errors that name the file") {
  const testing::TemporaryFolder folder;
  const auto load = [&](const std::string& contents) {
    static_cast<void>(BpeTokenizer::load(folder.write("bad.json", contents)));
  };
  const auto with_merges = [](const std::string& merges) {
    return R"({"format":"ampsft-bpe","version":1,"merges":)" + merges + "}";
  };
  CHECK_NOTHROW(load(with_merges("[[97,98],[256,97]]")));
  CHECK_THROWS_WITH(BpeTokenizer::load(folder.path() / "missing"), ContainsSubstring("No such file"));
  CHECK_THROWS_WITH(load(""), ContainsSubstring("bad.json\": parse error"));
  CHECK_THROWS_WITH(load("[]"), ContainsSubstring("no tokenizer"));
  CHECK_THROWS_WITH(load(R"({"format":"other","version":1,"merges":[]})"), ContainsSubstring("no tokenizer"));
  CHECK_THROWS_WITH(load(R"({"format":"ampsft-bpe","version":2,"merges":[]})"), ContainsSubstring("version is not 1"));
  CHECK_THROWS_WITH(load(R"({"format":"ampsft-bpe","version":1})"), ContainsSubstring("\"merges\" is missing"));
  CHECK_THROWS_WITH(load(with_merges("[[97]]")), ContainsSubstring("a pair of ids"));
  CHECK_THROWS_WITH(load(with_merges("[[97,-1]]")), ContainsSubstring("a pair of ids"));
  CHECK_THROWS_WITH(load(with_merges("[[97,98.0]]")), ContainsSubstring("a pair of ids"));
  CHECK_THROWS_WITH(load(with_merges("[[97,4294967296]]")), ContainsSubstring("a pair of ids"));
  CHECK_THROWS_WITH(load(with_merges("[[97,256]]")), ContainsSubstring("bad.json\": BPE merge 0 joins"));
  CHECK_THROWS_WITH(load(with_merges("[[97,98],[97,98]]")), ContainsSubstring("as an earlier merge does"));
  CHECK_THROWS_WITH(load(with_merges("[[[[97]]]]")), ContainsSubstring("nested deeper"));
}
