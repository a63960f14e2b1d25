// SPDX-License-Identifier: MIT
/// @file
/// Configs of model files that were written before layers had configs of their own.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/model/config.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace ampsft::detail {

/// They hold the number of layers.
[[nodiscard]] inline bool is_config_before_layers(const JsonFields& json) {
  const nlohmann::json* const layers = json.find("layers");
  return json.contains("width") || (layers != nullptr && layers->is_number());
}

template <class E>
[[nodiscard]] E named_value(const JsonFields& json, const char* key) {
  const std::string text = json.text(key);
  const auto names = names_of(E{});
  const auto found = std::find(names.begin(), names.end(), text);
  require(found != names.end(), json.source(), ": unknown ", key, " ", quoted(text));
  return static_cast<E>(found - names.begin());
}

[[nodiscard]] inline RopeConfig read_rope_before_layers(const JsonFields& json) {
  RopeConfig rope;
  rope.theta = json.number("theta");
  rope.pairing = named_value<RopePairing>(json, "pairing");
  rope.scaling = named_value<RopeScaling>(json, "scaling");
  rope.factor = json.number("factor");
  rope.original_context = json.integer("original_context");
  rope.low_frequency_factor = json.number("low_frequency_factor");
  rope.high_frequency_factor = json.number("high_frequency_factor");
  rope.beta_fast = json.number("beta_fast");
  rope.beta_slow = json.number("beta_slow");
  rope.attention_factor = json.number("attention_factor");
  json.refuse_unread();
  return rope;
}

/// The oldest ones hold one `linear_bias` and none of the kinds that came with the Llama family.
[[nodiscard]] inline ModelConfig read_config_before_layers(const JsonFields& json) {
  ModelConfig config;
  LayerConfig layer;
  config.vocabulary = json.integer("vocabulary");
  config.context = json.integer("context");
  config.hidden_size = json.integer("width");
  config.heads = json.integer("heads");
  config.intermediate_size = json.integer("mlp_width");
  config.tied_head = json.flag("tied_head");
  config.norm_bias = json.flag("norm_bias");
  config.head_bias = json.flag("head_bias");
  config.norm_epsilon = json.number("norm_epsilon");
  config.dropout = json.number("dropout");
  layer.activation = named_value<Activation>(json, "activation");
  layer.gated = layer.activation == Activation::silu;
  if (json.contains("linear_bias")) {
    config.attention_bias = config.attention_output_bias = config.mlp_bias = json.flag("linear_bias");
  } else {
    config.kv_heads = json.integer("kv_heads");
    config.head_dim = json.integer("head_width");
    config.attention_bias = json.flag("attention_bias");
    config.attention_output_bias = json.flag("attention_output_bias");
    config.mlp_bias = json.flag("mlp_bias");
    config.norm = named_value<NormKind>(json, "norm");
    layer.qk_norm = json.flag("qk_norm") ? QkNorm::per_head : QkNorm::none;
    const std::string positions = json.text("positions");
    require(positions == "learned" || positions == "rotary", json.source(), ": unknown positions ", quoted(positions));
    config.learned_positions = positions == "learned";
    if (!config.learned_positions) {
      layer.rope = read_rope_before_layers(json.object("rotary"));
      layer.rope->frequency_factors = json.numbers("rotary_divisors");
    }
  }
  config.layers = LayerList(json.integer("layers"), layer);
  json.refuse_unread();
  return config;
}

}  // namespace ampsft::detail
