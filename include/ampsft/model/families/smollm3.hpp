// SPDX-License-Identifier: MIT
/// @file
/// SmolLM3 (Hugging Face 2025): Llama with layers that have no positions.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/llama.hpp>

#include <cstddef>

namespace ampsft::families {

namespace smollm3_detail {

inline constexpr Index interval_of_silent_files = 4;  ///< every fourth layer has no positions
inline constexpr double theta_of_silent_files = 2e6;

/// `no_rope_layers` holds 1 for layers with rotary positions and may be longer than the model.
inline void read_positions(const detail::JsonFields& json, ModelConfig& config, const RopeConfig& rope) {
  const Index interval = json.integer("no_rope_layer_interval", interval_of_silent_files);
  require(interval > 0, json.source(), ": \"no_rope_layer_interval\" must be positive, not ", interval);
  const auto list = json.numbers("no_rope_layers");
  require(list.empty() || static_cast<Index>(list.size()) >= config.layers.size(), json.source(),
          ": \"no_rope_layers\" holds ", list.size(), " numbers for ", config.layers.size(), " layers");
  for (Index i = 0; i < config.layers.size(); ++i) {
    const double says = list.empty() ? static_cast<double>((i + 1) % interval != 0) : list[static_cast<std::size_t>(i)];
    require(says == 0 || says == 1, json.source(), ": \"no_rope_layers\" must hold 0 and 1, not ", says);
    if (says == 1) {
      config.layers[i].rope = rope;
    }
  }
}

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  ModelConfig config = detail::read_decoder(json, {.kv_heads = 4});
  detail::require_silu(json);
  detail::read_attention_bias(json, config);
  config.mlp_bias = json.flag("mlp_bias", false);
  read_positions(json, config, detail::read_rope(json, theta_of_silent_files, config.context));
  static_cast<void>(json.find("max_window_layers"));  // which the class does not read
  const bool used = json.flag("use_sliding_window", false);
  const Index window = json.integer("sliding_window", 0);
  const auto types = detail::read_sliding_layers(json, config.layers.size());
  for (Index i = 0; i < config.layers.size(); ++i) {
    const bool slides = types ? (*types)[static_cast<std::size_t>(i)] : used && window > 0 && !config.layers[i].rope;
    require(!slides || (used && window > 0), json.source(), ": \"layer_types\" names layers of ",
            "\"sliding_attention\", but \"use_sliding_window\" is false or \"sliding_window\" null");
    config.layers[i].window = slides ? window : 0;
  }
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  json["hidden_act"] = "silu";
  json["attention_bias"] = config.attention_bias;
  json["mlp_bias"] = config.mlp_bias;
  json["no_rope_layers"] = nlohmann::json::array();
  json["use_sliding_window"] = false;
  json["sliding_window"] = nullptr;
  for (const LayerConfig& layer : config.layers) {
    json["no_rope_layers"].push_back(layer.rope ? 1 : 0);
    if (layer.rope) {
      detail::write_rope(*layer.rope, json);
    }
    if (layer.window > 0) {
      json["use_sliding_window"] = true;
      json["sliding_window"] = layer.window;
    }
  }
  json["layer_types"] = detail::layer_types_json(config);
}

/// No key says which layers have no positions.
[[nodiscard]] inline ModelConfig read_gguf(const detail::GgufFields& gguf) {
  ModelConfig config = detail::read_gguf_decoder(gguf);
  for (Index i = interval_of_silent_files - 1; i < config.layers.size(); i += interval_of_silent_files) {
    config.layers[i].rope.reset();
  }
  detail::refuse_gguf_window(gguf, config);
  return config;
}

}  // namespace smollm3_detail

inline constexpr Family smollm3{
    .name = "smollm3",
    .huggingface_class = "SmolLM3ForCausalLM",
    .huggingface_type = "smollm3",
    .gguf_architecture = "smollm3",
    .turn_end = "<|im_end|>",
    .huggingface = llama_detail::huggingface,
    .gguf = llama_detail::gguf_interleaved,
    .read_huggingface = smollm3_detail::read_huggingface,
    .write_huggingface = smollm3_detail::write_huggingface,
    .read_gguf = smollm3_detail::read_gguf,
    .tied_by_default = true,
};

}  // namespace ampsft::families
