// SPDX-License-Identifier: MIT
/// @file
/// The members of config.json that all families after Llama share.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/detail/validate_rope.hpp>
#include <ampsft/model/families/detail/huggingface_rope.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

/// What a family takes for members that are missing; where there is no value, the member is needed.
struct DecoderDefaults {
  std::optional<Index> context = {};
  std::optional<Index> hidden_size = {};
  std::optional<Index> layers = {};
  std::optional<Index> heads = {};
  std::optional<Index> kv_heads = {};  ///< none: as many as heads
  std::optional<Index> head_dim = {};  ///< none: hidden_size / heads
  std::optional<Index> intermediate_size = {};
  std::optional<double> norm_epsilon = {};
};

/// Sizes and the epsilon. Norms are RMS, the MLP is gated by SiLU, there are no biases.
[[nodiscard]] inline ModelConfig read_decoder(const JsonFields& json, const DecoderDefaults& defaults = {}) {
  ModelConfig config;
  config.context = json.integer("max_position_embeddings", defaults.context);
  config.hidden_size = json.integer("hidden_size", defaults.hidden_size);
  config.heads = json.integer("num_attention_heads", defaults.heads);
  config.kv_heads = json.is_null("num_key_value_heads")
                        ? config.heads
                        : json.integer("num_key_value_heads", defaults.kv_heads.value_or(config.heads));
  require(config.heads > 0, json.source(), ": \"num_attention_heads\" must be positive, not ", config.heads);
  if (json.contains("head_dim") || defaults.head_dim) {
    config.head_dim = json.integer("head_dim", defaults.head_dim);
  } else {
    require(config.hidden_size % config.heads == 0, json.source(), ": the hidden size ", config.hidden_size,
            " does not split into ", config.heads, " heads, and \"head_dim\" is missing");
    config.head_dim = config.hidden_size / config.heads;
  }
  config.intermediate_size = json.integer("intermediate_size", defaults.intermediate_size);
  for (const Index size : {config.hidden_size, config.heads, config.kv_heads, config.head_dim}) {
    require(Bounds::size().contains(static_cast<double>(size)), json.source(), ": sizes must lie in 1 to ",
            Index{1} << 30, ", not ", size);
  }
  require(!json.flag("rope_interleaved", false), json.source(), ": \"rope_interleaved\" is not supported");
  config.norm = NormKind::rms;
  config.norm_epsilon = json.number("rms_norm_eps", defaults.norm_epsilon);
  config.learned_positions = config.norm_bias = false;
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  LayerConfig layer{.gated = true, .activation = Activation::silu};
  const Index layers = json.integer("num_hidden_layers", defaults.layers);
  require(layers >= 1 && layers <= LayerList::most, json.source(), ": \"num_hidden_layers\" must lie in 1 to ",
          LayerList::most, ", not ", layers);
  config.layers = LayerList(layers, layer);
  return config;
}

/// The activation of the MLP, which must be SiLU.
inline void require_silu(const JsonFields& json) {
  const std::string activation = json.text("hidden_act", "silu");
  require(activation == "silu" || activation == "swish", json.source(), ": the activation ", quoted(activation),
          " is not supported; supported is silu");
}

/// The biases of q, k, v and of the attention's output go together in most families.
inline void read_attention_bias(const JsonFields& json, ModelConfig& config) {
  config.attention_bias = config.attention_output_bias = json.flag("attention_bias", false);
}

/// The same rotary positions in every layer. Checked before they are copied, for they may hold long lists.
inline void set_rope(ModelConfig& config, const RopeConfig& rope, std::string_view source) {
  validate_rope(rope, config.head_dim, source, "its rotary positions");
  for (LayerConfig& layer : config.layers) {
    layer.rope = rope;
  }
}

inline void set_window(ModelConfig& config, Index window) {
  for (LayerConfig& layer : config.layers) {
    layer.window = window;
  }
}

/// `layer_types`, where it is given: true for layers of "sliding_attention".
[[nodiscard]] inline std::optional<std::vector<bool>> read_sliding_layers(const JsonFields& json, Index layers) {
  const nlohmann::json* const types = json.find("layer_types");
  if (types == nullptr) {
    return std::nullopt;
  }
  require(types->is_array() && static_cast<Index>(types->size()) == layers, json.source(),
          ": \"layer_types\" must name the type of each of the ", layers, " layers");
  std::vector<bool> sliding;
  for (const auto& type : *types) {
    require(type == "full_attention" || type == "sliding_attention", json.source(), ": \"layer_types\" holds ",
            type.dump(-1, ' ', true).substr(0, 60), "; supported are \"full_attention\" and \"sliding_attention\"");
    sliding.push_back(type == "sliding_attention");
  }
  return sliding;
}

[[nodiscard]] inline nlohmann::json layer_types_json(const ModelConfig& config) {
  nlohmann::json types = nlohmann::json::array();
  for (const LayerConfig& layer : config.layers) {
    types.push_back(layer.window > 0 ? "sliding_attention" : "full_attention");
  }
  return types;
}

/// Puts what `read_decoder` reads.
inline void write_decoder(const ModelConfig& config, nlohmann::json& json) {
  json["max_position_embeddings"] = config.context;
  json["hidden_size"] = config.hidden_size;
  json["num_hidden_layers"] = config.layers.size();
  json["num_attention_heads"] = config.heads;
  json["num_key_value_heads"] = config.kv_heads;
  json["head_dim"] = config.head_dim;
  json["intermediate_size"] = config.intermediate_size;
  json["rms_norm_eps"] = config.norm_epsilon;
}

/// Puts the rotary positions of the first layer that has any: `rope_theta`, and `rope_scaling` where there is any.
/// Throws `Error` for a model without.
inline void write_rope(const ModelConfig& config, nlohmann::json& json) {
  const auto found = std::find_if(config.layers.begin(), config.layers.end(), [](const auto& l) { return l.rope; });
  require(found != config.layers.end(), "config.json of the class of ", config.family,
          " models has no place for a model without rotary positions");
  write_rope(*found->rope, json);
}

}  // namespace ampsft::detail
