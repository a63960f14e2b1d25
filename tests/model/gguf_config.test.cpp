// SPDX-License-Identifier: MIT
/// @file
/// Configs read from GGUF metadata and tensors.
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/model/gguf_config.hpp>

#include <functional>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

using Change = std::function<void(GgufWriter&)>;

/// The head of a small model of an architecture, with `change` added.
struct Model {
  testing::TemporaryFolder folder;
  Matrix<float> embedding = make_matrix<float>(10, 8, 0.0F);
  Matrix<float> vector = make_matrix<float>(1, 8, 0.0F);
  Matrix<float> factors = make_matrix<float>(1, 2, 2.0F);

  GgufFile write(const std::string& architecture, const Change& change, bool all = true) {
    GgufWriter writer;
    writer.set("general.architecture", architecture);
    const std::string prefix = architecture + ".";
    writer.set(prefix + "context_length", 32U);
    writer.set(prefix + "embedding_length", 8U);
    writer.set(prefix + "block_count", 2U);
    writer.set(prefix + "feed_forward_length", 12U);
    if (all) {
      writer.set(prefix + "attention.head_count", 2U);
    }
    writer.set(prefix + (architecture == "gpt2" ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"),
               0.5F);
    writer.add("token_embd.weight", embedding);
    change(writer);
    writer.write(folder.path() / "model.gguf");
    return GgufFile(folder.path() / "model.gguf");
  }

  ModelConfig config(const std::string& architecture, const Change& change) {
    return read_gguf_config(write(architecture, change));
  }

  std::string error(const std::string& architecture, const Change& change, bool all = true) {
    try {
      static_cast<void>(read_gguf_config(write(architecture, change, all)));
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing thrown";
  }
};

void nothing(GgufWriter&) {}

/// Two layers; the converter permutes the rows of q and k.
ModelConfig llama_like() {
  ModelConfig config{.family = "llama", .norm = NormKind::rms};
  config.layers = {
      2, {.rope = RopeConfig{.pairing = RopePairing::interleaved}, .gated = true, .activation = Activation::silu}};
  config.learned_positions = config.norm_bias = false;
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  return config;
}

}  // namespace

TEST_CASE("configs of a GGUF llama") {
  Model model;
  ModelConfig expected = llama_like();
  expected.vocabulary = 10;
  expected.context = 32;
  expected.hidden_size = 8;
  expected.heads = expected.kv_heads = 2;
  expected.head_dim = 4;
  expected.intermediate_size = 12;
  expected.norm_epsilon = 0.5;
  expected.tied_head = true;
  CHECK(model.config("llama", nothing) == expected);

  expected.kv_heads = 1;
  for (auto& layer : expected.layers) {
    layer.rope->theta = 100000;
    layer.rope->frequency_factors = {2, 2};
  }
  expected.tied_head = false;
  expected.bos = 1;
  expected.eos = {2, 3};
  CHECK(model.config("llama", [&](GgufWriter& writer) {
    writer.set("llama.attention.head_count_kv", 1U);
    writer.set("llama.rope.freq_base", 100000.0F);
    writer.set("llama.rope.dimension_count", 4U);
    writer.set("tokenizer.ggml.bos_token_id", 1U);
    writer.set("tokenizer.ggml.eos_token_id", 2U);
    writer.set("tokenizer.ggml.eot_token_id", 3U);
    writer.add("output.weight", model.embedding);
    writer.add("rope_freqs.weight", BlockFormat::f32, {2}, model.factors);
  }) == expected);
}

TEST_CASE("configs of the other GGUF architectures") {
  Model model;
  const auto bias = [&](GgufWriter& writer) { writer.add("blk.0.attn_q.bias", BlockFormat::f32, {8}, model.vector); };
  const ModelConfig qwen2 = model.config("qwen2", bias);
  CHECK(qwen2.pairing() == RopePairing::halves);
  CHECK((qwen2.attention_bias && !qwen2.attention_output_bias && !qwen2.mlp_bias));
  CHECK(qwen2.layers.front().qk_norm == QkNorm::none);

  const ModelConfig qwen3 = model.config("qwen3", [&](GgufWriter& writer) {
    writer.set("qwen3.attention.key_length", 8U);
    writer.set("qwen3.attention.value_length", 8U);
    writer.set("qwen3.rope.scaling.type", "yarn");
    writer.set("qwen3.rope.scaling.factor", 4.0F);
    writer.set("qwen3.rope.scaling.original_context_length", 16U);
    writer.add("blk.0.attn_q_norm.weight", BlockFormat::f32, {8}, model.vector);
  });
  CHECK(qwen3.head_dim == 8);
  CHECK(qwen3.layers.front().qk_norm == QkNorm::per_head);
  const RopeConfig& rope = *qwen3.layers.front().rope;
  CHECK(rope.scaling == RopeScaling::yarn);
  CHECK(rope.attention_factor == Approx(1.1386294361));
  CHECK(rope.original_context == 16);

  const ModelConfig gpt2 = model.config("gpt2", nothing);
  CHECK(gpt2.norm == NormKind::layer);
  CHECK((gpt2.learned_positions && !gpt2.layers.front().rope));
  CHECK(gpt2.layers.front().activation == Activation::gelu_tanh);
  CHECK((gpt2.attention_bias && gpt2.attention_output_bias && gpt2.mlp_bias && gpt2.tied_head));
}

TEST_CASE("GGUF models that are not supported are refused by name") {
  Model model;
  CHECK_THAT(model.error("mamba", nothing), ContainsSubstring("model.gguf") && ContainsSubstring("\"mamba\"") &&
                                                ContainsSubstring("supported are gpt2, llama, qwen2, qwen3"));
  const auto with = [&](const std::string& key, auto value) {
    return model.error("llama", [&](GgufWriter& writer) { writer.set(key, value); });
  };
  CHECK_THAT(with("general.type", "adapter"), ContainsSubstring("\"adapter\""));
  CHECK_THAT(with("split.count", 2U), ContainsSubstring("split"));
  CHECK_THAT(with("llama.expert_count", 8U), ContainsSubstring("experts"));
  CHECK_THAT(with("llama.rope.scaling.type", "longrope"), ContainsSubstring("\"longrope\""));
  CHECK_THAT(with("llama.rope.dimension_count", 2U), ContainsSubstring("nothing thrown"));
  CHECK_THAT(with("llama.attention.value_length", 2U), ContainsSubstring("different widths"));
  CHECK_THAT(with("llama.attention.sliding_window", 16U), ContainsSubstring("sliding window"));
  CHECK_THAT(with("llama.attention.head_count_kv", 3U), ContainsSubstring("cannot share"));
  CHECK_THAT(with("llama.attention.new_trick", 1U), ContainsSubstring("llama.attention.new_trick is not understood"));
  CHECK_THAT(with("llama.rope.dimension_count", 3U), ContainsSubstring("an even number"));
  CHECK_THAT(with("tokenizer.ggml.eos_token_id", 10U), ContainsSubstring("10"));
  CHECK_THAT(model.error("llama", nothing, false), ContainsSubstring("\"llama.attention.head_count\" is missing"));
}
