// SPDX-License-Identifier: MIT
/// @file
/// Gemma 3 (Gemma Team 2025), the text model: local and global layers, norms before and after each branch.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/family.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::families {

namespace gemma3_detail {

/// Folders hold gains as their difference from 1.
inline constexpr std::array<TensorRule, 16> huggingface_rules{
    {{"token_embedding", "embed_tokens"},
     {"norm_1", "input_layernorm", false, 1.0},
     {"attention.q", "self_attn.q_proj"},
     {"attention.k", "self_attn.k_proj"},
     {"attention.v", "self_attn.v_proj"},
     {"attention.q_norm", "self_attn.q_norm", false, 1.0},
     {"attention.k_norm", "self_attn.k_norm", false, 1.0},
     {"attention.output", "self_attn.o_proj"},
     {"post_norm_1", "post_attention_layernorm", false, 1.0},
     {"norm_2", "pre_feedforward_layernorm", false, 1.0},
     {"mlp.gate", "mlp.gate_proj"},
     {"mlp.up", "mlp.up_proj"},
     {"mlp.down", "mlp.down_proj"},
     {"post_norm_2", "post_feedforward_layernorm", false, 1.0},
     {"final_norm", "norm", false, 1.0},
     {"lm_head", "lm_head"}}};

/// GGUF files hold the gains themselves.
inline constexpr std::array<TensorRule, 16> gguf_rules{{{"token_embedding", "token_embd"},
                                                        {"norm_1", "attn_norm"},
                                                        {"attention.q", "attn_q"},
                                                        {"attention.k", "attn_k"},
                                                        {"attention.v", "attn_v"},
                                                        {"attention.q_norm", "attn_q_norm"},
                                                        {"attention.k_norm", "attn_k_norm"},
                                                        {"attention.output", "attn_output"},
                                                        {"post_norm_1", "post_attention_norm"},
                                                        {"norm_2", "ffn_norm"},
                                                        {"mlp.gate", "ffn_gate"},
                                                        {"mlp.up", "ffn_up"},
                                                        {"mlp.down", "ffn_down"},
                                                        {"post_norm_2", "post_ffw_norm"},
                                                        {"final_norm", "output_norm"},
                                                        {"lm_head", "output"}}};

inline constexpr Index pattern_of_silent_files = 6;  ///< every sixth layer is a global one
inline constexpr double global_theta = 1e6;
inline constexpr double local_theta = 1e4;

/// Layers, once sizes are known: `slides[i]` for local ones.
inline void set_layers(ModelConfig& config, const std::vector<bool>& slides, Index window, const RopeConfig& global,
                       const RopeConfig& local, std::string_view source) {
  for (const RopeConfig& rope : {global, local}) {
    detail::validate_rope(rope, config.head_dim, source, "its rotary positions");
  }
  for (Index i = 0; i < config.layers.size(); ++i) {
    const bool slide = slides[static_cast<std::size_t>(i)];
    config.layers[i] = {.window = slide ? window : 0,
                        .rope = slide ? local : global,
                        .norms = NormPlacement::both,
                        .qk_norm = QkNorm::per_head,
                        .gated = true,
                        .activation = Activation::gelu_tanh};
  }
  config.embedding_multiplier = std::sqrt(static_cast<double>(config.hidden_size));
}

/// Local but for every `pattern`-th; 0: all.
[[nodiscard]] inline std::vector<bool> local_layers(Index layers, Index pattern) {
  std::vector<bool> slides;
  for (Index i = 0; i < layers; ++i) {
    slides.push_back(pattern == 0 || (i + 1) % pattern != 0);
  }
  return slides;
}

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  ModelConfig config = detail::read_decoder(json, {.context = 131072,
                                                   .hidden_size = 2304,
                                                   .layers = 26,
                                                   .heads = 8,
                                                   .kv_heads = 4,
                                                   .head_dim = 256,
                                                   .intermediate_size = 9216,
                                                   .norm_epsilon = 1e-6});
  detail::read_attention_bias(json, config);
  const std::string activation = json.text("hidden_activation", "gelu_pytorch_tanh");
  require(activation == "gelu_pytorch_tanh", json.source(), ": the activation ", detail::quoted(activation),
          " is not supported; supported is gelu_pytorch_tanh");
  require(!json.flag("use_bidirectional_attention", false), json.source(),
          ": \"use_bidirectional_attention\" is not supported");
  static_cast<void>(json.text("hidden_act", ""));  // transformers reads the other member
  const double per_query = json.number("query_pre_attn_scalar", 256.0);
  require(per_query > 0, json.source(), ": \"query_pre_attn_scalar\" must be positive, not ", per_query);
  config.attention_scale = 1.0 / std::sqrt(per_query);
  config.logits_cap = json.number("final_logit_softcapping", 0.0);
  RopeConfig global{.theta = json.number("rope_theta", global_theta)};
  RopeConfig local{.theta = json.number("rope_local_base_freq", local_theta)};
  nlohmann::json of_global = nlohmann::json::object();
  if (json.contains("rope_parameters")) {
    const detail::JsonFields nested = json.object("rope_parameters");
    if (nested.contains("full_attention")) {
      static_cast<void>(nested.object("full_attention"));  // is an object
      of_global = *nested.find("full_attention");
    }
    if (nested.contains("sliding_attention")) {
      local = detail::read_rope_object(nested.object("sliding_attention"), local.theta, config.context);
    }
    nested.refuse_unread();  // a flat one would mean nothing to transformers
  }
  if (json.contains("rope_scaling")) {  // whose members stand in for those of the global layers
    static_cast<void>(json.object("rope_scaling"));
    const nlohmann::json& scaling = *json.find("rope_scaling");
    require(!scaling.contains("type") || scaling.contains("rope_type"), json.source(),
            ": \"rope_scaling\" names its kind \"type\"; Gemma's class reads \"rope_type\" alone");
    of_global.update(scaling);
  }
  global = detail::read_rope_object({of_global, json.source() + ": the rotary positions of global layers"},
                                    global.theta, config.context);
  const Index pattern = json.integer("sliding_window_pattern", pattern_of_silent_files);
  require(pattern > 0, json.source(), ": \"sliding_window_pattern\" must be positive, not ", pattern);
  const auto types = detail::read_sliding_layers(json, config.layers.size());
  const Index window = json.is_null("sliding_window") ? 0 : json.integer("sliding_window", 4096);
  const auto slides = types ? *types : local_layers(config.layers.size(), pattern);
  require(window > 0 || std::find(slides.begin(), slides.end(), true) == slides.end(), json.source(),
          ": there are layers of \"sliding_attention\", but \"sliding_window\" is null or 0");
  set_layers(config, slides, window, global, local, json.source());
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  const double scale = config.attention_scale.value_or(1.0 / std::sqrt(static_cast<double>(config.head_dim)));
  const double per_query = 1.0 / (scale * scale);
  const bool whole = std::abs(per_query - std::round(per_query)) < 1e-6 * per_query;
  if (whole) {
    json["query_pre_attn_scalar"] = std::llround(per_query);
  } else {
    json["query_pre_attn_scalar"] = per_query;
  }
  json["hidden_activation"] = "gelu_pytorch_tanh";
  json["attention_bias"] = config.attention_bias;
  json["final_logit_softcapping"] = config.logits_cap > 0 ? nlohmann::json(config.logits_cap) : nlohmann::json(nullptr);
  json["layer_types"] = detail::layer_types_json(config);
  json["sliding_window"] = nullptr;
  // both forms: transformers 4 reads the first three, 5 the nested one
  for (const LayerConfig& layer : config.layers) {
    require(layer.rope.has_value(), "config.json of Gemma's class has no place for layers without positions");
    const bool slides = layer.window > 0;
    if (slides) {
      json["sliding_window"] = layer.window;
      json["rope_local_base_freq"] = layer.rope->theta;
    } else {
      detail::write_rope(*layer.rope, json);
    }
    nlohmann::json rope = detail::rope_json(*layer.rope);
    rope["rope_theta"] = layer.rope->theta;
    json["rope_parameters"][slides ? "sliding_attention" : "full_attention"] = rope;
  }
}

[[nodiscard]] inline ModelConfig read_gguf(const detail::GgufFields& gguf) {
  constexpr Index layers_of_27b = 62;
  ModelConfig config = detail::read_gguf_decoder(gguf);
  const RopeConfig global = *config.layers.front().rope;
  const RopeConfig local{.theta = gguf.number("rope.freq_base_swa", local_theta)};
  require(gguf.integer("rope.dimension_count_swa", config.head_dim) == config.head_dim, gguf.source(),
          ": local layers whose heads rotate in part are not supported");
  const Index layers = config.layers.size();
  const Index window = gguf.integer("attention.sliding_window", 0);
  std::vector<bool> slides = local_layers(layers, pattern_of_silent_files);
  if (const GgufValue* const pattern = gguf.find("attention.sliding_window_pattern")) {
    slides = pattern->is_array() ? pattern->flags() : local_layers(layers, pattern->integer(0));
    require(static_cast<Index>(slides.size()) == layers, gguf.source(), ": the sliding_window_pattern names ",
            slides.size(), " layers of ", layers);
  }
  if (window == 0) {
    std::fill(slides.begin(), slides.end(), false);
  }
  set_layers(config, slides, window, global, local, gguf.source());
  const Index per_query = layers == layers_of_27b ? config.hidden_size / config.heads : config.head_dim;
  config.attention_scale = 1.0 / std::sqrt(static_cast<double>(per_query));
  config.logits_cap = gguf.number("final_logit_softcapping", 0.0);
  return config;
}

}  // namespace gemma3_detail

inline constexpr Family gemma3{
    .name = "gemma3",
    .huggingface_class = "Gemma3ForCausalLM",
    .huggingface_type = "gemma3_text",
    .gguf_architecture = "gemma3",
    .turn_end = "<end_of_turn>",
    .huggingface = {.prefix = "model.", .block = "layers.", .rules = gemma3_detail::huggingface_rules},
    .gguf = {.prefix = "", .block = "blk.", .rules = gemma3_detail::gguf_rules},
    .read_huggingface = gemma3_detail::read_huggingface,
    .write_huggingface = gemma3_detail::write_huggingface,
    .read_gguf = gemma3_detail::read_gguf,
    .tied_by_default = true,
    .default_vocabulary = 262208,
    .default_bos = 2,
    .default_eos = 1,
};

}  // namespace ampsft::families
