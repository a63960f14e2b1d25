// SPDX-License-Identifier: MIT
/// @file
/// tokenizer.json files of every supported kind against Hugging Face's ids, and those that are refused.
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/hf_tokenizer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;
using testing::TokenizerCases;

namespace {

/// The error of a file with the first `from` replaced.
std::string error_after(const std::string& name, const std::string& from, const std::string& to) {
  const testing::TemporaryFolder folder;
  std::string text = read_text(testing::tokenizer_file(name));
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  const auto path = folder.write("tokenizer.json", text.replace(at, from.size(), to));
  try {
    static_cast<void>(read_huggingface_tokenizer(path));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("every kind of tokenizer.json gives Hugging Face's ids") {
  for (const std::string& name : testing::byte_tokenizers) {
    const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(testing::tokenizer_file(name));
    const TokenizerCases cases(name);
    REQUIRE(cases.texts.size() >= 30);
    for (std::size_t i = 0; i < cases.texts.size(); ++i) {
      INFO(name << ": " << cases.texts[i]);
      CHECK(tokenizer.encode(cases.texts[i]) == cases.ids[i]);
    }
  }
}

TEST_CASE("a template's tokens stand before a text") {
  CHECK(read_huggingface_tokenizer(testing::tokenizer_file("llama3")).prefix() == std::vector<std::int32_t>{0});
  CHECK(read_huggingface_tokenizer(testing::tokenizer_file("gpt2")).prefix().empty());
}

TEST_CASE("a small tokenizer.json of the older form, in a folder") {
  const testing::TemporaryFolder folder;
  folder.write("tokenizer.json", R"({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
    "model": {"merges": ["a b", "ab Ġ"], "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "abĠ": 9, "?": 5},
              "unk_token": "?"}})");
  const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(folder.path());
  CHECK(tokenizer.vocabulary_size() == 10);
  CHECK(tokenizer.encode("ab b") == std::vector<std::int32_t>{3, 2, 1});
  CHECK(tokenizer.encode("aba") == std::vector<std::int32_t>{3, 0});
  CHECK(tokenizer.encode("axb") == std::vector<std::int32_t>{0, 5, 1});
  CHECK(tokenizer.decode(std::vector<std::int32_t>{9, 7}) == "ab ");
}

TEST_CASE("kinds that are not supported are refused by name") {
  CHECK_THAT(
      error_after("gpt2", "\"type\":\"BPE\"", "\"type\":\"Unigram\""),
      ContainsSubstring("tokenizer.json") && ContainsSubstring("\"Unigram\"") && ContainsSubstring("supported is BPE"));
  CHECK_THAT(error_after("gpt2", "\"byte_fallback\":false", "\"byte_fallback\":true"),
             ContainsSubstring("byte_fallback"));
  CHECK_THAT(error_after("gpt2", "\"dropout\":null", "\"dropout\":0.1"), ContainsSubstring("dropout"));
  CHECK_THAT(error_after("gpt2", "\"end_of_word_suffix\":null", "\"end_of_word_suffix\":\"</w>\""),
             ContainsSubstring("end_of_word_suffix"));
  CHECK_THAT(error_after("gpt2", "\"type\":\"ByteLevel\"", "\"type\":\"Metaspace\""),
             ContainsSubstring("\"Metaspace\"") && ContainsSubstring("Digits"));
  CHECK_THAT(error_after("smollm", "{\"type\":\"ByteLevel\"", "{\"type\":\"Digits\""), ContainsSubstring("ByteLevel"));
  CHECK_THAT(error_after("qwen2", "\"type\":\"NFC\"", "\"type\":\"NFKC\""),
             ContainsSubstring("\"NFKC\"") && ContainsSubstring("NFC"));
  CHECK_THAT(error_after("llama3", "{1,3}", "{1,4}"), ContainsSubstring("the pattern"));
  CHECK_THAT(error_after("llama3", "\"Isolated\"", "\"MergedWithNext\""), ContainsSubstring("MergedWithNext"));
  CHECK_THAT(error_after("llama3", "\"type\":\"TemplateProcessing\"", "\"type\":\"RobertaProcessing\""),
             ContainsSubstring("\"RobertaProcessing\""));
}

TEST_CASE("a vocabulary of another kind of model is refused by that kind") {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("tokenizer.json", R"({"pre_tokenizer": {"type": "Metaspace"},
    "model": {"vocab": [["<unk>", 0.0], ["a", -1.5]], "type": "Unigram"}})");
  CHECK_THROWS_WITH(read_huggingface_tokenizer(path), ContainsSubstring("\"Unigram\""));
}

TEST_CASE("tokenizer.json files with one thing wrong are refused") {
  CHECK_THAT(error_after("gpt2", "\"!\":3", "\"!\":-3"), ContainsSubstring("\"!\"") && ContainsSubstring("token id"));
  CHECK_THAT(error_after("gpt2", "\"!\":3", "\"!\":4"), ContainsSubstring("4 stands for two"));
  CHECK_THAT(error_after("gpt2", "\"!\":3", "\"!\":2147483647"), ContainsSubstring("too large"));
  CHECK_THAT(error_after("gpt2", "\"!\":3", "\"!\":[3]"), ContainsSubstring("token id"));
  CHECK_THAT(error_after("gpt2", "\"!\":3", "\"<|im_end|>\":3"), ContainsSubstring("im_end"));
  CHECK_THAT(error_after("gpt2", "\"merges\":[[", "\"merges\":[[\"a\"],["), ContainsSubstring("merge 0"));
  CHECK_THAT(error_after("gpt2", "\"merges\":[[", "\"merges\":[\"ab\",["), ContainsSubstring("merge 0"));
  CHECK_THAT(error_after("gpt2", "\"merges\":[[", "\"merges\":[[\"a\",\"zzz\"],["), ContainsSubstring("\"zzz\""));
  CHECK_THAT(error_after("gpt2", "\"id\":1,", "\"id\":0,"), ContainsSubstring("id"));
  CHECK_THAT(error_after("gpt2", "\"unk_token\":null", "\"unk_token\":\"zzz\""), ContainsSubstring("\"zzz\""));
  CHECK_THAT(error_after("gpt2", "\"model\":{", "\"mode\":{"), ContainsSubstring("\"model\" is missing"));
}
