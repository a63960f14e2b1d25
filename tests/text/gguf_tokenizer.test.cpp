// SPDX-License-Identifier: MIT
/// @file
/// Tokenizers inside of GGUF files, made of a tokenizer.json.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer.hpp>

#include <functional>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;

namespace {

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<std::string> merges;
  std::vector<std::int32_t> types;
};

Vocabulary vocabulary_of(const std::string& name) {
  const auto root = nlohmann::json::parse(read_text(testing::tokenizer_file(name)));
  Vocabulary all;
  all.tokens.resize(root["model"]["vocab"].size());
  all.types.assign(all.tokens.size(), 1);
  for (const auto& [token, id] : root["model"]["vocab"].items()) {
    all.tokens[id.get<std::size_t>()] = token;
  }
  for (const auto& merge : root["model"]["merges"]) {
    all.merges.push_back(merge[0].get<std::string>() + ' ' + merge[1].get<std::string>());
  }
  for (const auto& token : root["added_tokens"]) {
    if (token["id"].get<std::size_t>() < all.types.size()) {
      all.types[token["id"].get<std::size_t>()] = 3;
    }
  }
  return all;
}

struct Model {
  testing::TemporaryFolder folder;

  GgufFile write(const std::string& kind, const std::string& pre, const Vocabulary& vocabulary,
                 const std::function<void(GgufWriter&)>& change = {}) {
    GgufWriter writer;
    writer.set("tokenizer.ggml.model", kind);
    writer.set("tokenizer.ggml.pre", pre);
    writer.set_array("tokenizer.ggml.tokens", vocabulary.tokens);
    writer.set_array("tokenizer.ggml.merges", vocabulary.merges);
    writer.set_array("tokenizer.ggml.token_type", vocabulary.types);
    if (change) {
      change(writer);
    }
    writer.write(folder.path() / "model.gguf");
    return GgufFile(folder.path() / "model.gguf");
  }

  std::string error(const std::string& kind, const std::string& pre, const Vocabulary& vocabulary) {
    try {
      static_cast<void>(read_gguf_tokenizer(write(kind, pre, vocabulary)));
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing thrown";
  }
};

}  // namespace

TEST_CASE("a GGUF tokenizer gives the ids of the tokenizer.json that it was made of") {
  Model model;
  const Vocabulary vocabulary = vocabulary_of("gpt2");
  const PretrainedTokenizer tokenizer = read_gguf_tokenizer(model.write("gpt2", "gpt-2", vocabulary));
  const testing::TokenizerCases cases("gpt2");
  for (std::size_t i = 0; i < cases.texts.size(); ++i) {
    CHECK(tokenizer.encode(cases.texts[i]) == cases.ids[i]);
  }
}

TEST_CASE("every pre-tokenizer of GGUF files is Hugging Face's") {
  Model model;
  const auto same = [&](const std::string& pre, const std::string& name) {
    const PretrainedTokenizer actual = read_gguf_tokenizer(model.write("gpt2", pre, vocabulary_of(name)));
    const PretrainedTokenizer expected = read_huggingface_tokenizer(testing::tokenizer_file(name));
    // No text of the added tokens with flags, of which GGUF knows nothing.
    for (const std::string text :
         {"I'm 12345\n\n  x A\xcc\x8a <|im_end|> zebra WE'LL\r\n ", "it's\t\tx=1;  ", "zebra"}) {
      INFO(pre);
      CHECK(actual.encode(text) == expected.encode(text));
    }
  };
  same("smollm", "smollm");
  same("starcoder", "smollm");
  same("refact", "smollm");
  same("llama-bpe", "llama3");
  same("llama3", "llama3");
  same("smaug-bpe", "llama3");
  same("gpt-4o", "gpt4o");
  same("tekken", "tekken");
  same("qwen2", "qwen2");
}

TEST_CASE("dbrx cuts words as Llama 3 does and merges those that are tokens") {
  Model model;
  const PretrainedTokenizer dbrx = read_gguf_tokenizer(model.write("gpt2", "dbrx", vocabulary_of("llama3")));
  const PretrainedTokenizer llama = read_gguf_tokenizer(model.write("gpt2", "llama-bpe", vocabulary_of("llama3")));
  const std::string text = "I'm 12345\n\n  x A\xcc\x8a WE'LL\r\n ";
  CHECK(dbrx.encode(text) == llama.encode(text));
  CHECK(llama.encode("zebra").size() == 1);
  CHECK(dbrx.encode("zebra").size() > 1);
}

TEST_CASE("pre-tokenizers of GPT-2's words that bring text to the form C first") {
  Model model;
  const auto tokenizer = [&](const std::string& pre) {
    return read_gguf_tokenizer(model.write("gpt2", pre, vocabulary_of("gpt2")));
  };
  const std::string composed = "12 \xc3\x85ngstr\xc3\xb6m 34";
  const std::string decomposed = "12 A\xcc\x8angstro\xcc\x88m 34";
  CHECK(tokenizer("mpt").encode(decomposed) == tokenizer("gpt-2").encode(composed));
  CHECK(tokenizer("command-r").encode(decomposed) == tokenizer("smollm").encode(composed));
}

TEST_CASE("texts of Llama 3 and Tekken begin with the beginning of text unless the file says no") {
  Model model;
  const auto prefix = [&](const std::string& pre, const std::function<void(GgufWriter&)>& change) {
    return read_gguf_tokenizer(model.write("gpt2", pre, vocabulary_of("gpt2"), change)).prefix();
  };
  const auto named = [](GgufWriter& writer) { writer.set("tokenizer.ggml.bos_token_id", 1U); };
  CHECK(prefix("llama-bpe", named) == std::vector<std::int32_t>{1});
  CHECK(prefix("llama3", named) == std::vector<std::int32_t>{1});
  CHECK(prefix("tekken", named) == std::vector<std::int32_t>{1});
  CHECK(prefix("smaug-bpe", named).empty());
  CHECK(prefix("gpt-4o", named).empty());
  CHECK(prefix("dbrx", named).empty());
  CHECK(prefix("qwen2", named).empty());
  CHECK(prefix("llama-bpe", {}).empty());
  CHECK(prefix("llama-bpe", [&](GgufWriter& writer) {
          named(writer);
          writer.set("tokenizer.ggml.add_bos_token", false);
        }).empty());
}

TEST_CASE("a byte that the vocabulary lacks is left out before the merges, as in Hugging Face's") {
  Model model;
  const Vocabulary vocabulary{{"x", "y", "xy"}, {"x y"}, {1, 1, 1}};
  const PretrainedTokenizer tokenizer = read_gguf_tokenizer(model.write("gpt2", "gpt-2", vocabulary));
  CHECK(tokenizer.encode("x\xc3\xa9y") == std::vector<std::int32_t>{2});
}

TEST_CASE("a file of a vocabulary alone is refused where it does not say how words are cut") {
  const testing::TemporaryFolder folder;
  GgufWriter writer;
  writer.set("tokenizer.ggml.model", "gpt2");
  writer.set_array("tokenizer.ggml.tokens", std::vector<std::string>{"a"});
  writer.write(folder.path() / "model.gguf");
  CHECK_THROWS_WITH(read_gguf_tokenizer(GgufFile(folder.path() / "model.gguf")),
                    ContainsSubstring("model.gguf") && ContainsSubstring("tokenizer.ggml.pre") &&
                        ContainsSubstring("convert the model again") && ContainsSubstring("gpt-2, mpt"));
}

TEST_CASE("what GGUF metadata put around a text") {
  Model model;
  const PretrainedTokenizer tokenizer =
      read_gguf_tokenizer(model.write("gpt2", "gpt-2", vocabulary_of("gpt2"), [](GgufWriter& writer) {
        writer.set("tokenizer.ggml.add_bos_token", true);
        writer.set("tokenizer.ggml.bos_token_id", 1U);
        writer.set("tokenizer.ggml.add_eos_token", false);
        writer.set("tokenizer.ggml.eos_token_id", 2U);
      }));
  CHECK(tokenizer.prefix() == std::vector<std::int32_t>{1});
  CHECK(tokenizer.suffix().empty());
}

TEST_CASE("GGUF tokenizers that are not supported or broken are refused by name") {
  Model model;
  Vocabulary vocabulary = vocabulary_of("gpt2");
  CHECK_THAT(model.error("bert", "default", vocabulary),
             ContainsSubstring("model.gguf") && ContainsSubstring("\"bert\"") && ContainsSubstring("gpt2"));
  CHECK_THAT(model.error("gpt2", "falcon", vocabulary), ContainsSubstring("\"falcon\"") && ContainsSubstring("smollm"));
  vocabulary.merges.emplace_back("ab");
  CHECK_THAT(model.error("gpt2", "gpt-2", vocabulary), ContainsSubstring("\"ab\" is no pair"));
  vocabulary.merges.back() = "a zzz";
  CHECK_THAT(model.error("gpt2", "gpt-2", vocabulary), ContainsSubstring("\"zzz\""));
  vocabulary.merges.pop_back();
  vocabulary.types.pop_back();
  CHECK_THAT(model.error("gpt2", "gpt-2", vocabulary), ContainsSubstring("token_type"));
}
