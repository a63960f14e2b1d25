// SPDX-License-Identifier: MIT
/// @file
/// Thousands of damaged tokenizer.json files: read or refused with an Error, never more.
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/hf_tokenizer.hpp>

#include <string>

#include "support/catch.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;

TEST_CASE("a damaged tokenizer.json is read or refused") {
  const testing::TemporaryFolder folder;
  const std::string good = read_text(testing::tokenizer_file(GENERATE("llama3", "llama", "metaspace_first", "gemma")));
  Random random(6);
  int refused = 0;
  constexpr int attempts = 1500;
  for (int i = 0; i < attempts; ++i) {
    const auto path = folder.write("tokenizer.json", testing::mutate(good, random, 3000));
    try {
      const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(path);
      static_cast<void>(tokenizer.decode(tokenizer.encode("some text 123 <|im_end|> é")));
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > attempts / 4);
  CHECK(refused < attempts);
}

TEST_CASE("cost is no more than n log n in words, runs and tokens that repeat") {
  const auto file = testing::tokenizer_file(GENERATE("qwen2", "gpt4o", "llama", "metaspace_always", "gemma"));
  const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(file);
  constexpr std::size_t size = 200'000;
  for (const std::string unit :
       {"a", " ", "\n", "1", "<", "<both", "\xcc\x81", "\xe1\x84\x80", "\x80", "'", "\xe2\x96\x81"}) {
    std::string text;
    while (text.size() < size) {
      text += unit;
    }
    CHECK(tokenizer.decode(tokenizer.encode(text)).size() > size / 8);
  }
}
