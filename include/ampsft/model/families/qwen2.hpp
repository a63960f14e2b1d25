// SPDX-License-Identifier: MIT
/// @file
/// Qwen 2 and 2.5 (Yang et al. 2024): Llama with biases of q, k and v, and windows from some layer on.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/llama.hpp>

#include <optional>
#include <vector>

namespace ampsft::families {

namespace qwen2_detail {

/// `use_sliding_window`, `sliding_window`, `max_window_layers` and `layer_types`, as Qwen 2 and 3 have them.
inline void read_windows(const detail::JsonFields& json, ModelConfig& config) {
  constexpr Index window_of_silent_files = 4096;
  constexpr Index first_of_silent_files = 28;
  require(!json.flag("use_mrope", false), json.source(), ": \"use_mrope\" is not supported");
  const bool used = json.flag("use_sliding_window", false);
  const bool none = json.is_null("sliding_window");
  const Index window = json.integer("sliding_window", window_of_silent_files);
  const Index first = json.integer("max_window_layers", first_of_silent_files);
  const auto types = detail::read_sliding_layers(json, config.layers.size());
  for (Index i = 0; i < config.layers.size(); ++i) {
    const bool slides = types ? (*types)[static_cast<std::size_t>(i)] : used && !none && i >= first;
    require(!slides || (used && !none), json.source(), ": \"layer_types\" names layers of \"sliding_attention\", ",
            "but \"use_sliding_window\" is false or \"sliding_window\" null");
    config.layers[i].window = slides ? window : 0;
  }
}

inline void write_windows(const ModelConfig& config, nlohmann::json& json) {
  Index window = 0;
  for (const LayerConfig& layer : config.layers) {
    require(layer.window == 0 || window == 0 || layer.window == window, "config.json of the class of ", config.family,
            " models has no place for windows of ", window, " and ", layer.window);
    window = layer.window > 0 ? layer.window : window;
  }
  json["use_sliding_window"] = window > 0;
  json["sliding_window"] = window > 0 ? nlohmann::json(window) : nlohmann::json(nullptr);
  if (window > 0) {
    json["layer_types"] = detail::layer_types_json(config);
  }
}

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  ModelConfig config = detail::read_decoder(json, {.kv_heads = 32});
  detail::require_silu(json);
  config.attention_bias = true;
  detail::set_rope(config, detail::read_rope(json, 10000, config.context), json.source());
  read_windows(json, config);
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  detail::write_rope(config, json);
  json["hidden_act"] = "silu";
  write_windows(config, json);
}

}  // namespace qwen2_detail

inline constexpr Family qwen2{
    .name = "qwen2",
    .huggingface_class = "Qwen2ForCausalLM",
    .huggingface_type = "qwen2",
    .gguf_architecture = "qwen2",
    .turn_end = "<|im_end|>",
    .huggingface = llama_detail::huggingface,
    .gguf = llama_detail::gguf_halves,
    .read_huggingface = qwen2_detail::read_huggingface,
    .write_huggingface = qwen2_detail::write_huggingface,
    .read_gguf = llama_detail::read_gguf,
};

}  // namespace ampsft::families
