// SPDX-License-Identifier: MIT
/// @file
/// Configs read from config.json files that transformers wrote, and from older layouts.
#include <ampsft/io/read_text.hpp>
#include <ampsft/model/fields.hpp>
#include <ampsft/model/huggingface_config.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
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

const RopeConfig& rope_of(const ModelConfig& config) {
  return *config.layers.front().rope;
}

/// Two layers.
ModelConfig llama_like(const RopeConfig& rope) {
  ModelConfig config{.family = "llama", .norm = NormKind::rms};
  config.layers = {2, {.rope = rope, .gated = true, .activation = Activation::silu}};
  config.learned_positions = config.norm_bias = false;
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  return config;
}

}  // namespace

TEST_CASE("configs of a GPT-2 folder") {
  const ModelConfig config = read_huggingface_config(fixture("gpt2"));
  ModelConfig expected;
  expected.family = "gpt2";
  expected.vocabulary = 96;
  expected.context = 64;
  expected.hidden_size = 24;
  expected.layers = 2;
  expected.heads = expected.kv_heads = 4;
  expected.head_dim = 6;
  expected.intermediate_size = 96;
  expected.norm = NormKind::layer;
  expected.tied_head = expected.attention_bias = expected.attention_output_bias = expected.mlp_bias = true;
  expected.bos = 1;
  expected.eos = {2};
  CHECK(config == expected);
}

TEST_CASE("configs of Llama family folders") {
  const ModelConfig llama = read_huggingface_config(fixture("llama"));
  RopeConfig rope{.theta = 500000, .scaling = RopeScaling::llama3, .factor = 8, .original_context = 16};
  ModelConfig expected = llama_like(rope);
  expected.vocabulary = 96;
  expected.context = 64;
  expected.hidden_size = 24;
  expected.heads = 4;
  expected.kv_heads = 2;
  expected.head_dim = 6;
  expected.intermediate_size = 40;
  expected.norm_epsilon = 1e-6;
  expected.tied_head = false;
  expected.bos = 1;
  expected.eos = {2};
  CHECK(llama == expected);

  const ModelConfig tied = read_huggingface_config(fixture("llama_tied"));
  CHECK((tied.tied_head && tied.attention_bias && tied.attention_output_bias && tied.mlp_bias));
  CHECK(*tied.layers.front().rope == RopeConfig{});

  CHECK(read_huggingface_config(fixture("mistral")).kv_heads == 2);

  const ModelConfig qwen2 = read_huggingface_config(fixture("qwen2"));
  CHECK((qwen2.attention_bias && !qwen2.attention_output_bias && !qwen2.mlp_bias && qwen2.tied_head));
  rope = *qwen2.layers.front().rope;
  CHECK(rope.scaling == RopeScaling::yarn);
  CHECK(rope.attention_factor == Approx(1.1386294361));  // 0.1 ln 4 + 1
  CHECK(rope.original_context == 16);

  const ModelConfig qwen3 = read_huggingface_config(fixture("qwen3"));
  CHECK((qwen3.layers.front().qk_norm == QkNorm::per_head && !qwen3.attention_bias && !qwen3.tied_head));
  CHECK(qwen3.head_dim == 16);
  CHECK(qwen3.eos == std::vector<std::int32_t>{2, 5});
}

TEST_CASE("windows of Mistral and Qwen folders") {
  CHECK(read_huggingface_config(fixture("mistral")).layers.front().window == 0);
  CHECK(read_huggingface_config(fixture("mistral_window")).layers.front().window == 16);
  with_change("mistral", "\"sliding_window\": null,", "",
              [](const auto& folder) { CHECK(read_huggingface_config(folder).layers.front().window == 4096); });
}

TEST_CASE("older and sparse files mean what transformers understands by them") {
  int pairs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixture(""))) {
    const std::string full = entry.path().filename().string();
    if (full.ends_with("_full")) {
      INFO(full);
      ++pairs;
      const std::string sparse = full.substr(0, full.size() - 5);
      CHECK(first_difference(read_huggingface_config(fixture(sparse)), read_huggingface_config(fixture(full))) == "");
    }
  }
  CHECK(pairs >= 8);
}

TEST_CASE("two settings of rotary positions must agree") {
  CHECK_THAT(error_after("llama", "\"rope_parameters\"",
                         "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}, \"rope_parameters\""),
             ContainsSubstring("\"rope_scaling\" and \"rope_parameters\" say different things"));
  CHECK_THAT(error_after("llama_tied", "\"rope_type\"", "\"full_attention\": {}, \"rope_type\""),
             ContainsSubstring("\"full_attention\" is not understood"));
}

TEST_CASE("members that change the computation in ways that are not supported are refused by name") {
  CHECK_THAT(error_after("qwen2", "\"vocab_size\"", "\"use_mrope\": false, \"vocab_size\""),
             ContainsSubstring("nothing thrown"));
  CHECK_THAT(error_after("qwen2", "\"vocab_size\"", "\"use_mrope\": true, \"vocab_size\""),
             ContainsSubstring("use_mrope"));
  CHECK_THAT(error_after("llama", "\"vocab_size\"", "\"rope_interleaved\": true, \"vocab_size\""),
             ContainsSubstring("rope_interleaved"));
  CHECK_THAT(error_after("llama", "\"vocab_size\"", "\"partial_rotary_factor\": 0.5, \"vocab_size\""),
             ContainsSubstring("rotate in part"));
  CHECK_THAT(error_after("llama", "\"rope_theta\"", "\"partial_rotary_factor\": 0.5, \"rope_theta\""),
             ContainsSubstring("rotate in part"));
  CHECK_THAT(error_after("gemma3_old", "\"vocab_size\"", "\"attn_logit_softcapping\": 50.0, \"vocab_size\""),
             ContainsSubstring("attn_logit_softcapping"));
  CHECK_THAT(error_after("phi3_old", "\"partial_rotary_factor\": 0.75", "\"partial_rotary_factor\": 1e-9"),
             ContainsSubstring("nothing of a head"));
}

TEST_CASE("a missing number of key/value heads means the class's own, null as many as heads") {
  with_change("mistral", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": null",
              [](const auto& folder) { CHECK(read_huggingface_config(folder).kv_heads == 4); });
  CHECK_THAT(error_after("mistral", "\"num_key_value_heads\": 2,", ""), ContainsSubstring("kv_heads 8"));
}

TEST_CASE("long lists of factors are refused before layers copy them") {
  std::string factors;
  for (int i = 0; i < 10000; ++i) {
    factors += "1.5,";
  }
  factors.back() = ' ';
  const testing::TemporaryFolder folder;
  const std::string list = "[" + factors + "]";
  folder.write("config.json",
               R"({"model_type": "phi3", "vocab_size": 10, "hidden_size": 40000, "intermediate_size": 12,
    "num_hidden_layers": 4096, "num_attention_heads": 2, "max_position_embeddings": 16, "rms_norm_eps": 1e-5,
    "original_max_position_embeddings": 8, "rope_scaling": {"type": "longrope", "short_factor": )" +
                   list + ", \"long_factor\": " + list + "}}");
  CHECK_THROWS_WITH(read_huggingface_config(folder.path()), ContainsSubstring("numbers of a head can rotate"));
}

TEST_CASE("a model of text and images is refused with a way out") {
  const testing::TemporaryFolder folder;
  folder.write("config.json", R"({"architectures": ["Gemma3ForConditionalGeneration"], "text_config": {}})");
  CHECK_THROWS_WITH(read_huggingface_config(folder.path()),
                    ContainsSubstring("Gemma3ForConditionalGeneration") && ContainsSubstring("GGUF"));
}

TEST_CASE("the layout of older versions is read") {
  with_change("llama", "\"rope_parameters\"", "\"rope_theta\": 250000.0, \"rope_scaling\"", [](const auto& folder) {
    CHECK(rope_of(read_huggingface_config(folder)).scaling == RopeScaling::llama3);
  });
  const testing::TemporaryFolder folder;
  folder.write("config.json", R"({"model_type": "llama", "vocab_size": 10, "hidden_size": 8, "intermediate_size": 12,
    "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 16, "rms_norm_eps": 1e-5,
    "rope_scaling": {"type": "linear", "factor": 2.0}, "rope_theta": 20000.0, "eos_token_id": 3})");
  const ModelConfig config = read_huggingface_config(folder.path());
  CHECK(config.kv_heads == 2);
  CHECK(config.head_dim == 4);
  CHECK(rope_of(config).theta == 20000);
  CHECK(rope_of(config).scaling == RopeScaling::linear);
  CHECK(rope_of(config).factor == 2);
  CHECK_FALSE(config.tied_head);
  folder.write("generation_config.json", R"({"eos_token_id": [3, 4]})");
  CHECK(read_huggingface_config(folder.path()).eos == std::vector<std::int32_t>{3, 4});
}

TEST_CASE("what is not supported is refused by name") {
  CHECK_THAT(error_after("llama", "LlamaForCausalLM", "MambaForCausalLM"),
             ContainsSubstring("config.json") && ContainsSubstring("\"MambaForCausalLM\"") &&
                 ContainsSubstring("supported are GPT2LMHeadModel, LlamaForCausalLM"));
  CHECK_THAT(error_after("mistral", "\"sliding_window\": null", "\"new_trick\": 0"),
             ContainsSubstring("the member \"new_trick\" is not understood"));
  CHECK_THAT(error_after("qwen3", "\"use_sliding_window\": false", "\"use_sliding_window\": true"),
             ContainsSubstring("nothing thrown"));  // its window is null
  CHECK_THAT(error_after("qwen3", "full_attention", "sliding_attention"), ContainsSubstring("layer_types"));
  CHECK_THAT(error_after("llama", "llama3", "new_rope"), ContainsSubstring("\"new_rope\""));
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
  CHECK_THAT(error_after("llama", "\"head_dim\": 6", "\"head_dim\": 5"), ContainsSubstring("an even number"));
  CHECK_THAT(error_after("llama", "\"eos_token_id\": 2", "\"eos_token_id\": 96"), ContainsSubstring("96"));
  CHECK_THAT(error_after("gpt2", "\"n_head\": 4", "\"n_head\": 0"), ContainsSubstring("n_head"));
  CHECK_THAT(error_after("gpt2", "{", "["), ContainsSubstring("parse error"));
}
