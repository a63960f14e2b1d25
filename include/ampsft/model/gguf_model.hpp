// SPDX-License-Identifier: MIT
/// @file
/// The architecture of a model in a GGUF file, from its metadata and tensors.
#pragma once

#include <ampsft/io/gguf.hpp>
#include <ampsft/model/pretrained_config.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace ampsft {

namespace detail {

inline constexpr std::array<std::string_view, 4> gguf_architectures{"gpt2", "llama", "qwen2", "qwen3"};

/// Metadata whose keys begin with the architecture.
class GgufFields {
 public:
  explicit GgufFields(const GgufFile& file) : file_(&file), architecture_(file.value("general.architecture").text()) {}

  [[nodiscard]] const std::string& architecture() const noexcept { return architecture_; }
  [[nodiscard]] const GgufValue* find(std::string_view key) const { return file_->find(full(key)); }
  [[nodiscard]] Index integer(std::string_view key) const { return file_->value(full(key)).integer(0); }
  [[nodiscard]] double number(std::string_view key) const { return file_->value(full(key)).number(); }

  [[nodiscard]] Index integer(std::string_view key, Index otherwise) const {
    const GgufValue* const value = find(key);
    return value != nullptr ? value->integer(0) : otherwise;
  }

  [[nodiscard]] double number(std::string_view key, double otherwise) const {
    const GgufValue* const value = find(key);
    return value != nullptr ? value->number() : otherwise;
  }

 private:
  [[nodiscard]] std::string full(std::string_view key) const { return concat(architecture_, '.', key); }

  const GgufFile* file_;
  std::string architecture_;
};

[[nodiscard]] inline RopeConfig read_rope(const GgufFile& file, const GgufFields& fields,
                                          const PretrainedConfig& config) {
  RopeConfig rope;
  rope.pairing = config.architecture == "llama" ? RopePairing::interleaved : RopePairing::halves;
  rope.theta = fields.number("rope.freq_base", rope.theta);
  const Index rotated = fields.integer("rope.dimension_count", config.head_dim);
  require(rotated == config.head_dim, file.path(), ": only ", rotated, " of ", config.head_dim,
          " numbers of a head are rotated, which is not supported");
  rope.frequency_factors_in_file = file.contains("rope_freqs.weight");
  const GgufValue* const scaling = fields.find("rope.scaling.type");
  const std::string_view kind = scaling != nullptr ? scaling->text() : "none";
  if (kind == "linear") {
    rope.scaling = RopeScaling::linear;
    rope.factor = fields.number("rope.scaling.factor");
  } else if (kind == "yarn") {
    rope.scaling = RopeScaling::yarn;
    rope.factor = fields.number("rope.scaling.factor");
    rope.original_context = fields.integer("rope.scaling.original_context_length", config.context);
    rope.attention_factor = yarn_attention_factor(rope.factor) * fields.number("rope.scaling.attn_factor", 1);
  } else {
    require(kind == "none", file.path(), ": the rotary scaling ", quoted(kind),
            " is not supported; supported are none, linear, yarn");
  }
  return rope;
}

inline void require_plain_model(const GgufFile& file, const GgufFields& fields) {
  const GgufValue* const type = file.find("general.type");
  require(type == nullptr || type->text() == "model", file.path(), ": it holds no model (its general.type is ",
          type != nullptr ? quoted(type->text()) : "", ")");
  const GgufValue* const parts = file.find("split.count");
  require(parts == nullptr || parts->integer() <= 1, file.path(), ": it is one part of a split model; join the parts ",
          "(llama-gguf-split --merge)");
  const auto* const known = std::find(gguf_architectures.begin(), gguf_architectures.end(), fields.architecture());
  if (known == gguf_architectures.end()) {
    std::string supported;
    for (const std::string_view name : gguf_architectures) {
      supported.append(supported.empty() ? "" : ", ").append(name);
    }
    fail(file.path(), ": the architecture ", quoted(fields.architecture()), " is not supported; supported are ",
         supported);
  }
  require(fields.integer("expert_count", 0) == 0, file.path(), ": mixtures of experts are not supported");
}

[[nodiscard]] inline std::optional<std::int32_t> find_gguf_id(const GgufFile& file, std::string_view key) {
  const GgufValue* const value = file.find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  return static_cast<std::int32_t>(value->integer(0, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace detail

/// The config of a GGUF file of the architectures gpt2, llama (Mistral and SmolLM too), qwen2 and qwen3.
///
/// What the metadata leave open is told by the tensors: vocabulary, tied head, biases, q/k norms. Throws `Error` with
/// the file for a missing or wrong key, an architecture that is not supported (with the list of those that are), a
/// split file, an adapter, and for whatever would change the computation and is not supported.
[[nodiscard]] inline PretrainedConfig read_gguf_config(const GgufFile& file) {
  const detail::GgufFields fields(file);
  detail::require_plain_model(file, fields);
  PretrainedConfig config;
  config.architecture = fields.architecture();
  const bool gpt2 = config.architecture == "gpt2";
  const auto& embedding = file.shape("token_embd.weight");
  require(embedding.size() == 2, file.path(), ": tensor \"token_embd.weight\" has the shape ",
          detail::shape_text(embedding), "; a matrix is expected");
  config.vocabulary = embedding[0];
  config.context = fields.integer("context_length");
  config.width = fields.integer("embedding_length");
  config.layers = fields.integer("block_count");
  config.heads = fields.integer("attention.head_count");
  config.kv_heads = fields.integer("attention.head_count_kv", config.heads);
  config.intermediate_size = fields.integer("feed_forward_length");
  require(config.heads > 0, file.path(), ": the number of heads must be positive");
  config.head_dim = fields.integer("attention.key_length", config.width / config.heads);
  require(fields.integer("attention.value_length", config.head_dim) == config.head_dim, file.path(),
          ": keys and values of different widths are not supported");
  require(fields.integer("attention.sliding_window", config.context) >= config.context, file.path(),
          ": attention with a sliding window is not supported");
  if (gpt2) {
    config.norm = NormKind::layer;
    config.norm_epsilon = fields.number("attention.layer_norm_epsilon");
    config.positions = PositionKind::learned;
    config.activation = Activation::gelu_tanh;
    config.attention_bias = config.attention_output_bias = config.mlp_bias = true;
  } else {
    config.norm_epsilon = fields.number("attention.layer_norm_rms_epsilon");
    config.rope = detail::read_rope(file, fields, config);
    config.attention_bias = file.contains("blk.0.attn_q.bias");
    config.attention_output_bias = file.contains("blk.0.attn_output.bias");
    config.mlp_bias = file.contains("blk.0.ffn_up.bias");
    config.qk_norm = file.contains("blk.0.attn_q_norm.weight");
  }
  config.tied_head = !file.contains("output.weight");
  config.bos = detail::find_gguf_id(file, "tokenizer.ggml.bos_token_id");
  for (const std::string_view key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    const auto id = detail::find_gguf_id(file, key);
    if (id && std::find(config.eos.begin(), config.eos.end(), *id) == config.eos.end()) {
      config.eos.push_back(*id);
    }
  }
  config.validate(concat(file.path()));
  return config;
}

}  // namespace ampsft
