// SPDX-License-Identifier: MIT
/// @file
/// A tokenizer.json that was written gives the ids of the one that was read.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/hf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer_writer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;
using testing::TokenizerCases;

TEST_CASE("every kind of tokenizer, written again, gives Hugging Face's ids") {
  std::vector<std::string> names = testing::byte_tokenizers;
  names.insert(names.end(), testing::character_tokenizers.begin(), testing::character_tokenizers.end());
  for (const std::string& name : names) {
    const testing::TemporaryFolder folder;
    const PretrainedTokenizerParts parts = read_huggingface_tokenizer_parts(testing::tokenizer_file(name));
    const auto path = folder.write("tokenizer.json", huggingface_tokenizer_json(parts).dump());
    const PretrainedTokenizerParts again = read_huggingface_tokenizer_parts(path);
    CHECK(again.tokens == parts.tokens);
    CHECK(again.merges == parts.merges);
    CHECK(again.added == parts.added);
    CHECK(again.steps == parts.steps);
    CHECK(again.prefix == parts.prefix);
    CHECK(again.suffix == parts.suffix);
    CHECK(again.unknown == parts.unknown);
    CHECK(again.alphabet == parts.alphabet);
    CHECK(again.spaces == parts.spaces);
    CHECK(again.fuse_unknown == parts.fuse_unknown);
    CHECK(again.nfc == parts.nfc);
    CHECK(again.ignore_merges == parts.ignore_merges);
    const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(path);
    const TokenizerCases cases(name);
    for (std::size_t i = 0; i < cases.texts.size(); ++i) {
      INFO(name << ": " << cases.texts[i]);
      CHECK(tokenizer.encode(cases.texts[i]) == cases.ids[i]);
    }
  }
}

TEST_CASE("SentencePiece's scores become merges that give its ids") {
  for (const auto* const name : {"sentencepiece", "sentencepiece_bare"}) {
    const auto cases = testing::cases_of(name);
    PretrainedTokenizerParts parts;
    parts.alphabet = TokenAlphabet::characters;
    parts.tokens = cases["tokens"].get<std::vector<std::string>>();
    parts.scores = cases["scores"].get<std::vector<float>>();
    const bool in_front = cases["in_front"].get<bool>();
    parts.spaces = {.in_front = in_front ? SpaceInFront::everywhere : SpaceInFront::nowhere, .stripped = in_front};
    const testing::TemporaryFolder folder;
    const auto path = folder.write("tokenizer.json", huggingface_tokenizer_json(parts).dump());
    const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(path);
    const TokenizerCases expected(name);
    for (std::size_t i = 0; i < expected.texts.size(); ++i) {
      INFO(name << ": " << expected.texts[i]);
      CHECK(tokenizer.encode(expected.texts[i]) == expected.ids[i]);
      CHECK(tokenizer.decode(expected.ids[i]) == expected.decoded[i]);
    }
  }
}

TEST_CASE("the files of a folder: special tokens, template, and what stands around a text") {
  const testing::TemporaryFolder folder;
  PretrainedTokenizerParts parts;
  parts.tokens = {"<s>", "</s>", "a", "", "b", "?"};
  parts.added = {{.content = "<s>", .id = 0, .special = true}, {.content = "</s>", .id = 1, .special = true}};
  parts.steps = {PretokenizerStep::space_in_front, PretokenizerStep::gpt2_words};
  parts.prefix = {0, 0};
  parts.suffix = {1};
  parts.unknown = 5;
  TextLimits config;
  config.context = 99;
  config.bos = 0;
  config.eos = {1, 2};
  const auto files = huggingface_tokenizer_files(parts, config, "{{ jinja }}");
  CHECK(files.size() == 3);
  for (const auto& [name, text] : files) {
    folder.write(name, text);
  }
  const auto again = read_huggingface_tokenizer_parts(folder.path());
  CHECK(again.prefix == parts.prefix);
  CHECK(again.suffix == parts.suffix);
  CHECK(again.steps == parts.steps);
  CHECK(again.unknown == parts.unknown);
  CHECK(again.tokens == parts.tokens);
  const auto written = nlohmann::json::parse(read_text(folder.path() / "tokenizer_config.json"));
  CHECK(written["chat_template"] == "{{ jinja }}");
  CHECK(written["bos_token"] == "<s>");
  CHECK(written["eos_token"] == "</s>");
  CHECK(written["model_max_length"] == 99);
  const auto generation = nlohmann::json::parse(read_text(folder.path() / "generation_config.json"));
  CHECK(generation["eos_token_id"] == std::vector<int>{1, 2});
}

TEST_CASE("steps and texts that the file cannot hold are refused") {
  PretrainedTokenizerParts parts;
  parts.tokens = {"a"};
  parts.steps = {PretokenizerStep::gpt2_words, PretokenizerStep::digits};
  CHECK_THROWS_WITH(huggingface_tokenizer_json(parts), ContainsSubstring("behind the words"));
  parts.steps = {PretokenizerStep::space_in_front, PretokenizerStep::digits};
  CHECK_THROWS_WITH(huggingface_tokenizer_json(parts), ContainsSubstring("digits"));
  parts.steps = {};
  parts.alphabet = TokenAlphabet::characters;
  parts.spaces = {.in_front = SpaceInFront::at_start};
  CHECK_THROWS_WITH(huggingface_tokenizer_json(parts), ContainsSubstring("Metaspace"));
  parts.spaces = {};
  CHECK_THROWS_WITH(huggingface_tokenizer_files(parts, {}, "\xff"), ContainsSubstring("UTF-8"));
}

TEST_CASE("ids and merges of what is no token are refused by what they are for") {
  PretrainedTokenizerParts good;
  good.tokens = {"<s>", "a", "b", "ab", "", "?"};
  good.merges = {{"a", "b"}};
  good.added = {{.content = "<s>", .id = 0, .special = true}};
  good.prefix = {0};
  const auto refused = [&](const auto& change, const std::string& words) {
    PretrainedTokenizerParts parts = good;
    TextLimits config;
    change(parts, config);
    CHECK_THROWS_AS(huggingface_tokenizer_files(parts, config, {}), Error);
    CHECK_THROWS_WITH(huggingface_tokenizer_files(parts, config, {}), ContainsSubstring(words));
  };
  CHECK_NOTHROW(huggingface_tokenizer_files(good, {}, {}));
  good.tokens[0].clear();  // as of a tokenizer.json, whose vocabulary may lack the added tokens
  const auto json = huggingface_tokenizer_json(good);
  CHECK(json["post_processor"]["special_tokens"].contains("<s>"));
  CHECK(json["added_tokens"][0]["content"] == "<s>");
  for (const std::int32_t id : {6, -1, 2'000'000'000}) {
    const std::string named = concat(" has the id ", id, ",");
    refused([&](auto& parts, auto&) { parts.prefix = {id}; }, "the token around texts" + named);
    refused([&](auto& parts, auto&) { parts.suffix = {0, id}; }, "the token around texts" + named);
    refused([&](auto& parts, auto&) { parts.unknown = id; }, "the unknown token" + named);
    refused([&](auto& parts, auto&) { parts.added[0].id = id; }, "the added token \"<s>\"" + named);
    refused([&](auto&, auto& config) { config.bos = id; }, "the beginning of text" + named);
    refused([&](auto&, auto& config) { config.eos = {id}; }, "the end of text" + named);
  }
  refused([](auto& parts, auto&) { parts.prefix = {4}; }, "the token around texts has the id 4,");
  refused([](auto& parts, auto&) { parts.merges.push_back({"b", "c"}); }, "merge 1 needs the token \"c\"");
  refused([](auto& parts, auto&) { parts.merges.push_back({"b", "a"}); }, "merge 1 needs the token \"ba\"");
  refused([](auto& parts, auto&) { parts.tokens[2] = "a"; }, "are both \"a\"");
  refused(
      [](auto& parts, auto&) {
        parts.alphabet = TokenAlphabet::characters;
        parts.merges.clear();
        parts.scores.assign(parts.tokens.size(), 0.0F);
        parts.added[0].id = 7;
      },
      "the added token \"<s>\" has the id 7,");
}
