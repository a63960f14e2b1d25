// SPDX-License-Identifier: MIT
/// @file
/// GGUF tokenizers with scores against SentencePiece's ids.
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "text/gguf_vocabulary.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;
using testing::tokenizer_of;
using Vocabulary = testing::ScoredVocabulary;
using Ids = std::vector<std::int32_t>;

TEST_CASE("a GGUF tokenizer with scores gives SentencePiece's ids, and their texts") {
  for (const std::string name : {"sentencepiece", "sentencepiece_bare"}) {
    const auto tokenizer = tokenizer_of(Vocabulary(name), [&](GgufWriter& writer) {
      if (name == "sentencepiece_bare") {
        writer.set("tokenizer.ggml.add_space_prefix", false);
      }
      writer.set("tokenizer.ggml.unknown_token_id", 0U);
    });
    const testing::TokenizerCases cases(name);
    REQUIRE(cases.texts.size() >= 30);
    for (std::size_t i = 0; i < cases.texts.size(); ++i) {
      INFO(name << ": " << cases.texts[i]);
      CHECK(tokenizer.encode(cases.texts[i]) == cases.ids[i]);
      CHECK(tokenizer.decode(cases.ids[i]) == cases.decoded[i]);
    }
  }
}

TEST_CASE("control tokens and those that users defined are found before, and a space stands behind them") {
  Vocabulary vocabulary("sentencepiece");
  const std::int32_t last = vocabulary.add("<user>", 4);
  const PretrainedTokenizer tokenizer = tokenizer_of(vocabulary);
  CHECK((tokenizer.is_special(0) && tokenizer.is_special(1) && tokenizer.is_special(2)));
  CHECK_FALSE(tokenizer.is_special(last));
  Ids expected = tokenizer.encode("one");
  const Ids two = tokenizer.encode("two");
  expected.push_back(2);
  expected.insert(expected.end(), two.begin(), two.end());
  expected.push_back(last);
  CHECK(tokenizer.encode("one</s>two<user>") == expected);
  const Ids plain = tokenizer.encode_plain("</s><user>");
  CHECK(plain.back() == last);
  CHECK(std::count(plain.begin(), plain.end(), 2) == 0);
}

TEST_CASE("Phi-3's added tokens take the white space behind them, but for the three of texts") {
  Vocabulary vocabulary("sentencepiece");
  const std::int32_t end = vocabulary.add("<|end|>", 3);
  const std::int32_t user = vocabulary.add("<|user|>", 4);
  const std::int32_t end_of_text = vocabulary.add("<|endoftext|>", 3);
  const auto tokenizer = [&](const std::string& architecture) {
    return tokenizer_of(vocabulary, [&](GgufWriter& writer) { writer.set("general.architecture", architecture); });
  };
  const auto phi3 = tokenizer("phi3");
  const auto llama = tokenizer("llama");
  const std::string spaced = " \n one";
  for (const std::int32_t id : {end, user, 2}) {
    INFO(vocabulary.tokens[static_cast<std::size_t>(id)]);
    const std::string& content = vocabulary.tokens[static_cast<std::size_t>(id)];
    CHECK(phi3.encode(content + spaced) == llama.encode(content + "one"));
    CHECK(llama.encode(content + spaced) != llama.encode(content + "one"));
  }
  for (const std::int32_t id : {0, 1, end_of_text}) {
    const std::string& content = vocabulary.tokens[static_cast<std::size_t>(id)];
    INFO(content);
    CHECK(phi3.encode(content + spaced) == llama.encode(content + spaced));
  }
}

TEST_CASE("the beginning of a text gets its token unless the file says no") {
  const Vocabulary vocabulary("sentencepiece");
  CHECK(tokenizer_of(vocabulary).prefix().empty());  // no such token is named
  const auto named = [](GgufWriter& writer) { writer.set("tokenizer.ggml.bos_token_id", 1U); };
  CHECK(tokenizer_of(vocabulary, named).prefix() == Ids{1});
  CHECK(tokenizer_of(vocabulary,
                     [&](GgufWriter& writer) {
                       named(writer);
                       writer.set("tokenizer.ggml.add_bos_token", false);
                     })
            .prefix()
            .empty());
}

TEST_CASE("scores that are missing or do not fit are refused by name") {
  Vocabulary vocabulary("sentencepiece");
  vocabulary.scores.pop_back();
  CHECK_THROWS_WITH(tokenizer_of(vocabulary), ContainsSubstring("scores for"));
  const testing::TemporaryFolder folder;
  GgufWriter writer;
  writer.set("tokenizer.ggml.model", "llama");
  writer.set_array("tokenizer.ggml.tokens", vocabulary.tokens);
  writer.write(folder.path() / "model.gguf");
  CHECK_THROWS_WITH(read_gguf_tokenizer(GgufFile(folder.path() / "model.gguf")), ContainsSubstring("ggml.scores"));
  writer.set_array("tokenizer.ggml.scores", vocabulary.scores);
  writer.write(folder.path() / "model.gguf");
  CHECK_THROWS_WITH(read_gguf_tokenizer(GgufFile(folder.path() / "model.gguf")),
                    ContainsSubstring("model.gguf") && ContainsSubstring("scores for"));
}
