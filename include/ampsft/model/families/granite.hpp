// SPDX-License-Identifier: MIT
/// @file
/// Granite 3 (IBM 2024): Llama with multipliers of embeddings, branches, attention and logits.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/llama.hpp>

namespace ampsft::families {

namespace granite_detail {

/// Logits are divided by `logits_scaling`.
inline void set_multipliers(ModelConfig& config, double embedding, double residual, double attention, double logits) {
  config.embedding_multiplier = embedding;
  config.residual_multiplier = residual;
  config.attention_scale = attention;
  config.logits_multiplier = 1.0 / logits;
}

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  ModelConfig config = detail::read_decoder(json);
  detail::require_silu(json);
  detail::read_attention_bias(json, config);
  config.mlp_bias = json.flag("mlp_bias", false);
  detail::set_rope(config, detail::read_rope(json, 10000, config.context), json.source());
  set_multipliers(config, json.number("embedding_multiplier", 1.0), json.number("residual_multiplier", 1.0),
                  json.number("attention_multiplier", 1.0), json.number("logits_scaling", 1.0));
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  detail::write_rope(config, json);
  json["hidden_act"] = "silu";
  json["attention_bias"] = config.attention_bias;
  json["mlp_bias"] = config.mlp_bias;
  json["embedding_multiplier"] = config.embedding_multiplier;
  json["residual_multiplier"] = config.residual_multiplier;
  json["attention_multiplier"] = config.attention_scale.value_or(1.0);
  json["logits_scaling"] = 1.0 / config.logits_multiplier;
}

[[nodiscard]] inline ModelConfig read_gguf(const detail::GgufFields& gguf) {
  ModelConfig config = llama_detail::read_gguf(gguf);
  const GgufValue* const rotates = gguf.find("rope.scaling.finetuned");
  require(rotates == nullptr || rotates->flag(), gguf.source(), ": Granite models without positions are not supported");
  const auto multiplier = [&](std::string_view key) {
    const double value = gguf.number(key, 0.0);
    return value == 0 ? 1.0 : value;
  };
  set_multipliers(config, multiplier("embedding_scale"), multiplier("residual_scale"), 1.0, gguf.number("logit_scale"));
  config.attention_scale.reset();
  if (const double scale = gguf.number("attention.scale", 0.0); scale != 0) {
    config.attention_scale = scale;
  }
  return config;
}

}  // namespace granite_detail

inline constexpr Family granite{
    .name = "granite",
    .huggingface_class = "GraniteForCausalLM",
    .huggingface_type = "granite",
    .gguf_architecture = "granite",
    .turn_end = "<|end_of_text|>",
    .huggingface = llama_detail::huggingface,
    .gguf = llama_detail::gguf_interleaved,
    .read_huggingface = granite_detail::read_huggingface,
    .write_huggingface = granite_detail::write_huggingface,
    .read_gguf = granite_detail::read_gguf,
};

}  // namespace ampsft::families
