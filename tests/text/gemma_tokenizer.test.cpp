// SPDX-License-Identifier: MIT
/// @file
/// Gemma's kind of tokenizer, from GGUF metadata and from a tokenizer.json, against SentencePiece and Hugging Face.
#include <ampsft/text/hf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer_writer.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "text/gguf_vocabulary.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;
using Ids = std::vector<std::int32_t>;

namespace {

void set_gemma(GgufWriter& writer) {
  writer.set("tokenizer.ggml.add_space_prefix", false);
  writer.set("tokenizer.ggml.add_bos_token", true);
  writer.set("tokenizer.ggml.bos_token_id", 2U);
  writer.set("tokenizer.ggml.unknown_token_id", 3U);
}

PretrainedTokenizerParts gemma_parts() {
  return testing::parts_of(testing::ScoredVocabulary("gemma"), set_gemma);
}

/// Texts and ids under two names of the cases.
void check_plain(const PretrainedTokenizer& tokenizer, const char* ids_name) {
  const auto cases = testing::cases_of("gemma");
  REQUIRE(cases["plain_texts"].size() >= 30);
  for (std::size_t i = 0; i < cases["plain_texts"].size(); ++i) {
    const auto text = cases["plain_texts"][i].get<std::string>();
    INFO(text);
    CHECK(tokenizer.encode_plain(text) == cases[ids_name][i].get<Ids>());
  }
}

void check_recognized(const PretrainedTokenizer& tokenizer) {
  const testing::TokenizerCases cases("gemma");
  for (std::size_t i = 0; i < cases.texts.size(); ++i) {
    INFO(cases.texts[i]);
    CHECK(tokenizer.encode(cases.texts[i]) == cases.ids[i]);
    CHECK(tokenizer.decode(cases.ids[i]) == cases.decoded[i]);
  }
}

}  // namespace

TEST_CASE("Gemma's GGUF metadata and its tokenizer.json give the same ids") {
  const PretrainedTokenizer tokenizer(gemma_parts());
  check_recognized(tokenizer);
  check_plain(tokenizer, "plain_ids");
  CHECK(tokenizer.prefix() == Ids{2});
  CHECK_FALSE(tokenizer.strips_space());
  const PretrainedTokenizer other = read_huggingface_tokenizer(testing::tokenizer_file("gemma"));
  check_recognized(other);
  CHECK(other.prefix() == Ids{2});
  CHECK(other.vocabulary_size() == tokenizer.vocabulary_size());
}

TEST_CASE("tokens that users defined are found in messages, control tokens are not") {
  const PretrainedTokenizer tokenizer(gemma_parts());
  const auto id_of = [&](const std::string& token) { return tokenizer.find_added(token).value(); };
  CHECK(tokenizer.encode_plain("\n\n\n") == Ids{id_of("\n\n\n")});
  CHECK(tokenizer.encode_plain("     ") == Ids{id_of("     ")});  // the mark of each space is what is looked for
  CHECK(tokenizer.encode_plain("<b>\t\t</b>") == Ids{id_of("<b>"), id_of("\t\t"), id_of("</b>")});
  CHECK(tokenizer.encode("<end_of_turn>") == Ids{id_of("<end_of_turn>")});
  for (const std::int32_t id : tokenizer.encode_plain("<end_of_turn><bos>")) {
    CHECK_FALSE(tokenizer.is_special(id));
  }
  CHECK(tokenizer.decode(tokenizer.encode(" a  b\n\n <b>")) == " a  b\n\n <b>");
}

TEST_CASE("a tokenizer.json of Gemma's finds runs of U+2581 in the text as it is, as Hugging Face does") {
  const auto cases = testing::cases_of("gemma");
  const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(testing::tokenizer_file("gemma"));
  REQUIRE(cases["marked_texts"].size() >= 10);
  for (std::size_t i = 0; i < cases["marked_texts"].size(); ++i) {
    const auto text = cases["marked_texts"][i].get<std::string>();
    INFO(text);
    CHECK(tokenizer.encode(text) == cases["marked_ids"][i].get<Ids>());
  }
}

TEST_CASE("unused tokens are passed on the way and taken apart again, as in SentencePiece") {
  testing::ScoredVocabulary vocabulary("gemma");
  const Ids unused = testing::cases_of("gemma")["unused"].get<Ids>();
  for (const std::int32_t id : unused) {
    vocabulary.types[static_cast<std::size_t>(id)] = 5;
  }
  PretrainedTokenizerParts parts = testing::parts_of(vocabulary, set_gemma);
  CHECK(parts.unused == unused);
  CHECK_THROWS_WITH(huggingface_tokenizer_json(parts), ContainsSubstring("is unused, but made of others"));
  check_plain(PretrainedTokenizer(parts), "unused_ids");
  parts.unused = {-1};
  CHECK_THROWS_WITH(PretrainedTokenizer(parts), ContainsSubstring("token id -1"));
  parts.unused = {0};
  parts.alphabet = TokenAlphabet::bytes;
  CHECK_THROWS_WITH(PretrainedTokenizer(parts), ContainsSubstring("unused tokens"));
}

TEST_CASE("an unused character is an unknown one: bytes, or one token for a run") {
  PretrainedTokenizerParts parts;
  parts.alphabet = TokenAlphabet::characters;
  parts.spaces = {.in_front = SpaceInFront::nowhere, .stripped = false};
  parts.tokens = {"<unk>", "a", "b", "c", "ab", "abc", "<0x62>"};
  parts.scores = {0, -10, -11, -12, -1, -2, 0};
  parts.unknown = 0;
  parts.fuse_unknown = true;
  parts.unused = {4, 2, 6, 0};  // bytes and the unknown token stay what they are
  CHECK(PretrainedTokenizer(parts).encode("abc") == Ids{5});
  CHECK(PretrainedTokenizer(parts).encode("bab") == Ids{6, 1, 6});
  CHECK(PretrainedTokenizer(parts).encode("x") == Ids{0});
  parts.tokens.pop_back();
  parts.scores.pop_back();
  parts.unused = {4, 2};
  CHECK(PretrainedTokenizer(parts).encode("bab") == Ids{0, 1, 0});
  CHECK(PretrainedTokenizer(parts).encode("cbb") == Ids{3, 0});
  parts.fuse_unknown = false;
  CHECK(PretrainedTokenizer(parts).encode("cbb") == Ids{3, 0, 0});
  parts.unknown.reset();
  CHECK(PretrainedTokenizer(parts).encode("cbb") == Ids{3});
}

TEST_CASE("a tokenizer.json that is written of Gemma's GGUF metadata gives the same ids") {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("tokenizer.json", huggingface_tokenizer_json(gemma_parts()).dump());
  const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(path);
  check_recognized(tokenizer);
  check_plain(tokenizer, "plain_ids");
  CHECK(tokenizer.prefix() == Ids{2});
}

TEST_CASE("with a space in front, tokens that users defined stay as the file has them") {
  testing::ScoredVocabulary vocabulary("sentencepiece");
  const std::int32_t user = vocabulary.add("a  b", 4);
  const PretrainedTokenizerParts parts = testing::parts_of(vocabulary);
  CHECK(parts.tokens[static_cast<std::size_t>(user)] == "a  b");
  CHECK_FALSE(parts.added.back().normalized);
  CHECK(PretrainedTokenizer(parts).encode("a  b") == Ids{user});
}
