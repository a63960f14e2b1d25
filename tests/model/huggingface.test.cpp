// SPDX-License-Identifier: MIT
/// @file
/// Facts read from config.json files that transformers wrote, and from older layouts.
#include <ampsft/model/huggingface.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "configs" / name;
}

/// The fixture's text with the first `from` replaced, in a folder of its own; returns the config or the error's text.
template <class Use>
void with_change(const std::string& name, const std::string& from, const std::string& to, Use&& use) {
  const testing::TemporaryFolder folder;
  std::string text = read_text(fixture(name) / "config.json");
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  folder.write("config.json", text.replace(at, from.size(), to));
  use(folder.path());
}

std::string error_after(const std::string& name, const std::string& from, const std::string& to) {
  std::string message = "nothing thrown";
  with_change(name, from, to, [&](const std::filesystem::path& folder) {
    try {
      static_cast<void>(read_huggingface_config(folder));
    } catch (const Error& error) {
      message = error.what();
    }
  });
  return message;
}

}  // namespace

TEST_CASE("configs of a GPT-2 folder") {
  const PretrainedConfig config = read_huggingface_config(fixture("gpt2"));
  PretrainedConfig expected;
  expected.architecture = "GPT2LMHeadModel";
  expected.vocabulary = 96;
  expected.context = 64;
  expected.width = 24;
  expected.layers = 2;
  expected.heads = expected.kv_heads = 4;
  expected.head_dim = 6;
  expected.intermediate_size = 96;
  expected.norm = NormKind::layer;
  expected.positions = PositionKind::learned;
  expected.activation = Activation::gelu_tanh;
  expected.tied_head = expected.attention_bias = expected.attention_output_bias = expected.mlp_bias = true;
  expected.bos = 1;
  expected.eos = {2};
  CHECK(config == expected);
}

TEST_CASE("configs of Llama family folders") {
  const PretrainedConfig llama = read_huggingface_config(fixture("llama"));
  PretrainedConfig expected;
  expected.architecture = "LlamaForCausalLM";
  expected.vocabulary = 96;
  expected.context = 64;
  expected.width = 24;
  expected.layers = 2;
  expected.heads = 4;
  expected.kv_heads = 2;
  expected.head_dim = 6;
  expected.intermediate_size = 40;
  expected.norm_epsilon = 1e-6;
  expected.rope.theta = 500000;
  expected.rope.scaling = RopeScaling::llama3;
  expected.rope.factor = 8;
  expected.rope.original_context = 16;
  expected.bos = 1;
  expected.eos = {2};
  CHECK(llama == expected);

  const PretrainedConfig tied = read_huggingface_config(fixture("llama_tied"));
  CHECK((tied.tied_head && tied.attention_bias && tied.attention_output_bias && tied.mlp_bias));
  CHECK(tied.rope == RopeConfig{});

  CHECK(read_huggingface_config(fixture("mistral")).kv_heads == 2);

  const PretrainedConfig qwen2 = read_huggingface_config(fixture("qwen2"));
  CHECK((qwen2.attention_bias && !qwen2.attention_output_bias && !qwen2.mlp_bias && qwen2.tied_head));
  CHECK(qwen2.rope.scaling == RopeScaling::yarn);
  CHECK(qwen2.rope.attention_factor == Approx(1.1386294361));  // 0.1 ln 4 + 1
  CHECK(qwen2.rope.original_context == 16);

  const PretrainedConfig qwen3 = read_huggingface_config(fixture("qwen3"));
  CHECK((qwen3.qk_norm && !qwen3.attention_bias && !qwen3.tied_head));
  CHECK(qwen3.head_dim == 16);
  CHECK(qwen3.eos == std::vector<std::int32_t>{2, 5});
}

TEST_CASE("the layout of older versions is read") {
  with_change("llama", "\"rope_parameters\"", "\"rope_theta\": 250000.0, \"rope_scaling\"",
              [](const auto& folder) { CHECK(read_huggingface_config(folder).rope.scaling == RopeScaling::llama3); });
  const testing::TemporaryFolder folder;
  folder.write("config.json", R"({"model_type": "llama", "vocab_size": 10, "hidden_size": 8, "intermediate_size": 12,
    "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 16, "rms_norm_eps": 1e-5,
    "rope_scaling": {"type": "linear", "factor": 2.0}, "rope_theta": 20000.0, "eos_token_id": 3})");
  const PretrainedConfig config = read_huggingface_config(folder.path());
  CHECK(config.kv_heads == 2);
  CHECK(config.head_dim == 4);
  CHECK(config.rope.theta == 20000);
  CHECK(config.rope.scaling == RopeScaling::linear);
  CHECK(config.rope.factor == 2);
  CHECK_FALSE(config.tied_head);
  folder.write("generation_config.json", R"({"eos_token_id": [3, 4]})");
  CHECK(read_huggingface_config(folder.path()).eos == std::vector<std::int32_t>{3, 4});
}

TEST_CASE("what is not supported is refused by name") {
  CHECK_THAT(error_after("llama", "LlamaForCausalLM", "Gemma3ForCausalLM"),
             ContainsSubstring("config.json") && ContainsSubstring("\"Gemma3ForCausalLM\"") &&
                 ContainsSubstring("supported are GPT2LMHeadModel, LlamaForCausalLM"));
  CHECK_THROWS_WITH(read_huggingface_config(fixture("mistral_window")), ContainsSubstring("window of 16"));
  CHECK_THAT(error_after("mistral", "\"sliding_window\": null", "\"x\": 0"), ContainsSubstring("nothing thrown"));
  CHECK_THAT(error_after("qwen3", "\"use_sliding_window\": false", "\"use_sliding_window\": true"),
             ContainsSubstring("nothing thrown"));  // its window is null
  CHECK_THAT(error_after("qwen3", "full_attention", "sliding_attention"), ContainsSubstring("full_attention"));
  CHECK_THAT(error_after("llama", "llama3", "longrope"), ContainsSubstring("\"longrope\""));
  CHECK_THAT(error_after("llama", "silu", "relu"), ContainsSubstring("\"relu\""));
  CHECK_THAT(error_after("gpt2", "gelu_new", "relu"), ContainsSubstring("\"relu\""));
  CHECK_THAT(error_after("gpt2", "\"scale_attn_weights\": true", "\"scale_attn_weights\": false"),
             ContainsSubstring("scale_attn_weights"));
  CHECK_THAT(error_after("qwen2", "\"vocab_size\"", "\"quantization_config\": {}, \"vocab_size\""),
             ContainsSubstring("quantised"));
}

TEST_CASE("configs that cannot be are refused by name") {
  CHECK_THAT(error_after("llama", "\"vocab_size\": 96", "\"vocab_size\": -1"), ContainsSubstring("vocabulary"));
  CHECK_THAT(error_after("llama", "\"vocab_size\": 96", "\"vocab_size\": 1e3"), ContainsSubstring("whole number"));
  CHECK_THAT(error_after("llama", "\"vocab_size\": 96", "\"vocab_size\": 18446744073709551615"),
             ContainsSubstring("2^63"));
  CHECK_THAT(error_after("llama", "\"vocab_size\"", "\"vocab\""), ContainsSubstring("\"vocab_size\" is missing"));
  CHECK_THAT(error_after("llama", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"),
             ContainsSubstring("cannot share"));
  CHECK_THAT(error_after("llama", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 999999"),
             ContainsSubstring("layers"));
  CHECK_THAT(error_after("llama", "\"head_dim\": 6", "\"head_dim\": 5"), ContainsSubstring("even head width"));
  CHECK_THAT(error_after("llama", "\"eos_token_id\": 2", "\"eos_token_id\": 96"), ContainsSubstring("96"));
  CHECK_THAT(error_after("gpt2", "\"n_head\": 4", "\"n_head\": 0"), ContainsSubstring("n_head"));
  CHECK_THAT(error_after("gpt2", "{", "["), ContainsSubstring("parse error"));
}

TEST_CASE("a damaged config.json is read or refused") {
  const testing::TemporaryFolder folder;
  Random random(4);
  for (const auto* const name : {"llama", "gpt2"}) {
    const std::string good = read_text(fixture(name) / "config.json");
    int refused = 0;
    for (int i = 0; i < 2000; ++i) {
      folder.write("config.json", testing::mutate(good, random, good.size()));
      try {
        static_cast<void>(read_huggingface_config(folder.path()));
      } catch (const Error&) {
        ++refused;
      }
    }
    CHECK(refused > 500);
    CHECK(refused < 2000);
  }
}
