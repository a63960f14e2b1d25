// SPDX-License-Identifier: MIT
/// @file
/// Mistral (Jiang et al. 2023): Llama with a window in every layer.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/llama.hpp>

namespace ampsft::families {

namespace mistral_detail {

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  constexpr Index window_of_silent_files = 4096;
  ModelConfig config = detail::read_decoder(json, {.kv_heads = 8});
  detail::require_silu(json);
  detail::set_rope(config, detail::read_rope(json, 10000, config.context), json.source());
  if (!json.is_null("sliding_window")) {
    detail::set_window(config, json.integer("sliding_window", window_of_silent_files));
  }
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  const LayerConfig& layer = config.layers.front();
  detail::write_rope(config, json);
  json["hidden_act"] = "silu";
  json["sliding_window"] = layer.window > 0 ? nlohmann::json(layer.window) : nlohmann::json(nullptr);
}

}  // namespace mistral_detail

/// Its GGUF files are Llama's and hold no window.
inline constexpr Family mistral{
    .name = "mistral",
    .huggingface_class = "MistralForCausalLM",
    .huggingface_type = "mistral",
    .gguf_architecture = "llama",
    .turn_end = "",
    .huggingface = llama_detail::huggingface,
    .gguf = llama_detail::gguf_interleaved,
    .read_huggingface = mistral_detail::read_huggingface,
    .write_huggingface = mistral_detail::write_huggingface,
    .read_gguf = llama_detail::read_gguf,
};

}  // namespace ampsft::families
