// SPDX-License-Identifier: MIT
/// @file
/// Names and shapes of pretrained models' tensors; what is missing, extra or of another shape is named.
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/model/tensor_sources.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

ModelConfig small(const std::string& family) {
  const bool gpt2 = family == "gpt2";
  ModelConfig config{.family = family};
  config.vocabulary = 10;
  config.context = 16;
  config.hidden_size = 8;
  config.heads = 2;
  config.kv_heads = gpt2 ? 2 : 1;
  config.head_dim = 4;
  config.intermediate_size = 12;
  if (!gpt2) {
    config.norm = NormKind::rms;
    config.layers = {2, {.rope = RopeConfig{}, .gated = true, .activation = Activation::silu}};
    config.learned_positions = config.tied_head = false;
    config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  }
  return config;
}

std::map<std::string, TensorSource> by_name(const std::vector<TensorSource>& sources) {
  std::map<std::string, TensorSource> all;
  for (const TensorSource& tensor : sources) {
    all.emplace(tensor.name, tensor);
  }
  REQUIRE(all.size() == sources.size());
  return all;
}

using Shape = std::vector<Index>;

/// One matrix for all tensors, cut to their sizes.
struct Values {
  std::map<std::string, Matrix<float>> all;

  const Matrix<float>& of(const std::string& name, const Shape& shape) {
    Index size = 1;
    for (const Index extent : shape) {
      size *= extent;
    }
    return all.insert_or_assign(name, make_matrix<float>(1, size, 0.0F)).first->second;
  }
};

}  // namespace

TEST_CASE("names of a Llama in Hugging Face files") {
  ModelConfig config = small("llama");
  config.attention_bias = true;
  for (auto& layer : config.layers) {
    layer.qk_norm = QkNorm::per_head;
  }
  const auto sources = by_name(tensor_sources(config, TensorNaming::huggingface, "model."));
  CHECK(sources.size() == 1 + 2 * 14 + 2);
  CHECK(sources.at("token_embedding.weight").source == "model.embed_tokens.weight");
  CHECK(sources.at("blocks.1.attention.k.weight").source == "model.layers.1.self_attn.k_proj.weight");
  CHECK(sources.at("blocks.1.attention.k.weight").source_shape == Shape{4, 8});
  CHECK(sources.at("blocks.1.attention.k.bias").source_shape == Shape{4});
  CHECK(sources.at("blocks.0.attention.q_norm.weight").source == "model.layers.0.self_attn.q_norm.weight");
  CHECK(sources.at("blocks.0.attention.output.weight").source == "model.layers.0.self_attn.o_proj.weight");
  CHECK(sources.at("blocks.0.norm_1.weight").source == "model.layers.0.input_layernorm.weight");
  CHECK(sources.at("blocks.0.norm_2.weight").source == "model.layers.0.post_attention_layernorm.weight");
  CHECK(sources.at("blocks.0.mlp.gate.weight").source_shape == Shape{12, 8});
  CHECK(sources.at("blocks.0.mlp.down.weight").source_shape == Shape{8, 12});
  CHECK(sources.at("final_norm.weight").source == "model.norm.weight");
  CHECK(sources.at("lm_head.weight").source == "lm_head.weight");
}

TEST_CASE("parts of GPT-2's fused and transposed tensors") {
  const auto sources = by_name(tensor_sources(small("gpt2"), TensorNaming::huggingface, ""));
  CHECK(sources.size() == 2 + 2 * 16 + 2);
  const TensorSource& k = sources.at("blocks.1.attention.k.weight");
  CHECK(k.source == "h.1.attn.c_attn.weight");
  CHECK(k.shape == Shape{8, 8});
  CHECK(k.source_shape == Shape{8, 24});
  CHECK(k.transposed);
  CHECK(k.first == 8);
  const TensorSource& v_bias = sources.at("blocks.1.attention.v.bias");
  CHECK(v_bias.source == "h.1.attn.c_attn.bias");
  CHECK(v_bias.source_shape == Shape{24});
  CHECK_FALSE(v_bias.transposed);
  CHECK(v_bias.first == 16);
  CHECK(sources.at("blocks.0.mlp.up.weight").source_shape == Shape{8, 12});
  CHECK(sources.at("blocks.0.norm_2.bias").source == "h.0.ln_2.bias");
  CHECK(sources.at("position_embedding.weight").source == "wpe.weight");
  CHECK_FALSE(sources.at("position_embedding.weight").transposed);
  CHECK_FALSE(sources.contains("lm_head.weight"));

  const auto gguf = by_name(tensor_sources(small("gpt2"), TensorNaming::gguf));
  CHECK(gguf.at("blocks.1.attention.v.weight").source == "blk.1.attn_qkv.weight");
  CHECK(gguf.at("blocks.1.attention.v.weight").source_shape == Shape{24, 8});
  CHECK(gguf.at("blocks.1.attention.v.weight").first == 16);
  CHECK(gguf.at("final_norm.bias").source == "output_norm.bias");
}

TEST_CASE("tensors of a GGUF file are all found, or the one at fault is named") {
  const ModelConfig config = small("llama");
  const testing::TemporaryFolder folder;
  const auto outcome = [&](const std::string& at_fault, const Shape& shape, const std::string& extra) {
    GgufWriter writer;
    Values values;
    for (const TensorSource& tensor : tensor_sources(config, TensorNaming::gguf)) {
      const Shape stored = tensor.source == at_fault ? shape : tensor.source_shape;
      if (!stored.empty()) {
        writer.add(tensor.source, BlockFormat::f32, stored, values.of(tensor.source, stored));
      }
    }
    if (!extra.empty()) {
      writer.add(extra, BlockFormat::f32, {4}, values.of(extra, {4}));
    }
    writer.write(folder.path() / "model.gguf");
    try {
      return concat(find_tensors(config, GgufFile(folder.path() / "model.gguf")).size());
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  CHECK(outcome("", {}, "") == "21");
  CHECK(outcome("", {}, "rope_freqs.weight") == "21");
  CHECK_THAT(outcome("blk.1.attn_k.weight", {}, ""), ContainsSubstring("\"blk.1.attn_k.weight\" is missing") &&
                                                         ContainsSubstring("blocks.1.attention.k.weight"));
  CHECK_THAT(outcome("blk.1.attn_k.weight", {8, 8}, ""), ContainsSubstring("\"blk.1.attn_k.weight\"") &&
                                                             ContainsSubstring("[8, 8]") &&
                                                             ContainsSubstring("[4, 8]"));
  CHECK_THAT(outcome("", {}, "blk.0.attn_k.bias"), ContainsSubstring("\"blk.0.attn_k.bias\" belongs to no parameter"));
}

TEST_CASE("tensors of safetensors files are found under either prefix, masks passed over") {
  const ModelConfig config = small("gpt2");
  const testing::TemporaryFolder folder;
  for (const std::string prefix : {"transformer.", ""}) {
    SafetensorsWriter writer;
    Values values;
    std::string last;
    for (const TensorSource& tensor : tensor_sources(config, TensorNaming::huggingface, prefix)) {
      if (tensor.source != last && !values.all.contains(tensor.source)) {
        writer.add(tensor.source, DType::f32, tensor.source_shape, values.of(tensor.source, tensor.source_shape));
      }
      last = tensor.source;
    }
    writer.add(prefix + "h.0.attn.bias", DType::f32, {16}, values.of("mask", {16}));
    writer.add("lm_head.weight", DType::f32, {10, 8}, values.of("head", {10, 8}));
    writer.write(folder.path() / "model.safetensors");
    const auto sources = find_tensors(config, ModelTensors(folder.path()));
    CHECK(sources.front().source == prefix + "wte.weight");
  }
}
