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

[[nodiscard]] inline RotaryFacts read_rotary(const GgufFile& file, const GgufFields& fields,
                                             const PretrainedConfig& facts) {
  RotaryFacts rotary;
  rotary.pairing = facts.architecture == "llama" ? RotaryPairing::interleaved : RotaryPairing::halves;
  rotary.theta = fields.number("rope.freq_base", rotary.theta);
  const Index rotated = fields.integer("rope.dimension_count", facts.head_width);
  require(rotated == facts.head_width, file.path(), ": only ", rotated, " of ", facts.head_width,
          " numbers of a head are rotated, which is not supported");
  rotary.divisors_in_file = file.contains("rope_freqs.weight");
  const GgufValue* const scaling = fields.find("rope.scaling.type");
  const std::string_view kind = scaling != nullptr ? scaling->text() : "none";
  if (kind == "linear") {
    rotary.scaling = RotaryScaling::linear;
    rotary.factor = fields.number("rope.scaling.factor");
  } else if (kind == "yarn") {
    rotary.scaling = RotaryScaling::yarn;
    rotary.factor = fields.number("rope.scaling.factor");
    rotary.original_context = fields.integer("rope.scaling.original_context_length", facts.context);
    rotary.attention_factor = yarn_attention_factor(rotary.factor) * fields.number("rope.scaling.attn_factor", 1);
  } else {
    require(kind == "none", file.path(), ": the rotary scaling ", quoted(kind),
            " is not supported; supported are none, linear, yarn");
  }
  return rotary;
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

/// The facts of a GGUF file of the architectures gpt2, llama (Mistral and SmolLM too), qwen2 and qwen3.
///
/// What the metadata leave open is told by the tensors: vocabulary, tied head, biases, q/k norms. Throws `Error` with
/// the file for a missing or wrong key, an architecture that is not supported (with the list of those that are), a
/// split file, an adapter, and for whatever would change the computation and is not supported.
[[nodiscard]] inline PretrainedConfig read_gguf_config(const GgufFile& file) {
  const detail::GgufFields fields(file);
  detail::require_plain_model(file, fields);
  PretrainedConfig facts;
  facts.architecture = fields.architecture();
  const bool gpt2 = facts.architecture == "gpt2";
  const auto& embedding = file.shape("token_embd.weight");
  require(embedding.size() == 2, file.path(), ": tensor \"token_embd.weight\" has the shape ",
          detail::shape_text(embedding), "; a matrix is expected");
  facts.vocabulary = embedding[0];
  facts.context = fields.integer("context_length");
  facts.width = fields.integer("embedding_length");
  facts.layers = fields.integer("block_count");
  facts.heads = fields.integer("attention.head_count");
  facts.kv_heads = fields.integer("attention.head_count_kv", facts.heads);
  facts.mlp_width = fields.integer("feed_forward_length");
  require(facts.heads > 0, file.path(), ": the number of heads must be positive");
  facts.head_width = fields.integer("attention.key_length", facts.width / facts.heads);
  require(fields.integer("attention.value_length", facts.head_width) == facts.head_width, file.path(),
          ": keys and values of different widths are not supported");
  require(fields.integer("attention.sliding_window", facts.context) >= facts.context, file.path(),
          ": attention with a sliding window is not supported");
  if (gpt2) {
    facts.norm = NormKind::layer;
    facts.norm_epsilon = fields.number("attention.layer_norm_epsilon");
    facts.positions = PositionKind::learned;
    facts.activation = Activation::gelu_tanh;
    facts.attention_bias = facts.attention_output_bias = facts.mlp_bias = true;
  } else {
    facts.norm_epsilon = fields.number("attention.layer_norm_rms_epsilon");
    facts.rotary = detail::read_rotary(file, fields, facts);
    facts.attention_bias = file.contains("blk.0.attn_q.bias");
    facts.attention_output_bias = file.contains("blk.0.attn_output.bias");
    facts.mlp_bias = file.contains("blk.0.ffn_up.bias");
    facts.qk_norm = file.contains("blk.0.attn_q_norm.weight");
  }
  facts.tied_head = !file.contains("output.weight");
  facts.bos = detail::find_gguf_id(file, "tokenizer.ggml.bos_token_id");
  for (const std::string_view key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    const auto id = detail::find_gguf_id(file, key);
    if (id && std::find(facts.eos.begin(), facts.eos.end(), *id) == facts.eos.end()) {
      facts.eos.push_back(*id);
    }
  }
  facts.validate(concat(file.path()));
  return facts;
}

}  // namespace ampsft
