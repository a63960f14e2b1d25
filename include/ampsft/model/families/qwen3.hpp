// SPDX-License-Identifier: MIT
/// @file
/// Qwen 3 (Yang et al. 2025): Qwen 2 without those biases, with norms of the heads of q and k.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/qwen2.hpp>

namespace ampsft::families {

namespace qwen3_detail {

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  ModelConfig config = detail::read_decoder(json, {.kv_heads = 32});
  detail::require_silu(json);
  detail::read_attention_bias(json, config);
  detail::set_rope(config, detail::read_rope(json, 10000, config.context), json.source());
  qwen2_detail::read_windows(json, config);
  for (LayerConfig& layer : config.layers) {
    layer.qk_norm = QkNorm::per_head;
  }
  return config;
}

/// A file without norms of q and k lacks tensors.
[[nodiscard]] inline ModelConfig read_gguf(const detail::GgufFields& gguf) {
  ModelConfig config = llama_detail::read_gguf(gguf);
  for (LayerConfig& layer : config.layers) {
    layer.qk_norm = QkNorm::per_head;
  }
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  detail::write_rope(config, json);
  json["hidden_act"] = "silu";
  json["attention_bias"] = config.attention_bias;
  qwen2_detail::write_windows(config, json);
}

}  // namespace qwen3_detail

inline constexpr Family qwen3{
    .name = "qwen3",
    .huggingface_class = "Qwen3ForCausalLM",
    .huggingface_type = "qwen3",
    .gguf_architecture = "qwen3",
    .turn_end = "<|im_end|>",
    .huggingface = llama_detail::huggingface,
    .gguf = llama_detail::gguf_halves,
    .read_huggingface = qwen3_detail::read_huggingface,
    .write_huggingface = qwen3_detail::write_huggingface,
    .read_gguf = qwen3_detail::read_gguf,
};

}  // namespace ampsft::families
