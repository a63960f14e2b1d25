// SPDX-License-Identifier: MIT
/// @file
/// Phi-3 and Phi-4-mini (Abdin et al. 2024): Llama with fused matrices, heads that rotate in part, and LongRoPE.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/family.hpp>

#include <array>
#include <cmath>
#include <string>

namespace ampsft::families {

namespace phi3_detail {

inline constexpr std::array<TensorRule, 12> huggingface_rules{{{"token_embedding", "embed_tokens"},
                                                               {"norm_1", "input_layernorm"},
                                                               {"attention.q", "self_attn.qkv_proj"},
                                                               {"attention.k", "self_attn.qkv_proj"},
                                                               {"attention.v", "self_attn.qkv_proj"},
                                                               {"attention.output", "self_attn.o_proj"},
                                                               {"norm_2", "post_attention_layernorm"},
                                                               {"mlp.gate", "mlp.gate_up_proj"},
                                                               {"mlp.up", "mlp.gate_up_proj"},
                                                               {"mlp.down", "mlp.down_proj"},
                                                               {"final_norm", "norm"},
                                                               {"lm_head", "lm_head"}}};

inline constexpr std::array<TensorRule, 12> gguf_rules{{{"token_embedding", "token_embd"},
                                                        {"norm_1", "attn_norm"},
                                                        {"attention.q", "attn_qkv"},
                                                        {"attention.k", "attn_qkv"},
                                                        {"attention.v", "attn_qkv"},
                                                        {"attention.output", "attn_output"},
                                                        {"norm_2", "ffn_norm"},
                                                        {"mlp.gate", "ffn_up"},
                                                        {"mlp.up", "ffn_up"},
                                                        {"mlp.down", "ffn_down"},
                                                        {"final_norm", "output_norm"},
                                                        {"lm_head", "output"}}};

/// `rope_scaling` with the names that Phi-3's first files had: "su" and "yarn" for longrope.
[[nodiscard]] inline RopeConfig read_rope(const detail::JsonFields& json, Index context, Index original) {
  nlohmann::json settings = nlohmann::json::object();
  const bool both = json.contains("rope_parameters") && json.contains("rope_scaling");
  require(!both || *json.find("rope_parameters") == *json.find("rope_scaling"), json.source(),
          ": \"rope_scaling\" and \"rope_parameters\" say different things; remove the one that is wrong");
  for (const char* const key : {"rope_parameters", "rope_scaling"}) {
    if (json.contains(key) && !json.find(key)->empty()) {
      require(json.find(key)->is_object(), json.source(), ": ", detail::quoted(key), " must be an object");
      settings = *json.find(key);
    }
  }
  for (const char* const key : {"type", "rope_type"}) {
    if (settings.contains(key) && (settings[key] == "su" || settings[key] == "yarn")) {
      settings[key] = "longrope";
    }
  }
  const detail::JsonFields fields(settings, json.source() + ": the rotary settings");
  require(fields.integer("original_max_position_embeddings", original) == original, json.source(),
          ": \"original_max_position_embeddings\" is ", original, " beside the rotary settings, but another in them");
  settings.erase("original_max_position_embeddings");
  const double theta = json.number("rope_theta", 10000.0);
  const std::string kind = fields.text("rope_type", fields.text("type", "default"));
  require(kind == "default" || kind == "longrope", json.source(), ": the rotary scaling ", detail::quoted(kind),
          " is not supported for Phi-3; supported are default, longrope");
  if (kind == "longrope") {
    settings["original_max_position_embeddings"] = original;
    if (!settings.contains("factor")) {
      require(original > 0, json.source(), ": \"original_max_position_embeddings\" must be positive, not ", original);
      settings["factor"] = static_cast<double>(context) / static_cast<double>(original);
    }
  }
  return detail::read_rope_object(detail::JsonFields(settings, fields.source()), theta, context, true);
}

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  constexpr Index original_of_silent_files = 4096;
  ModelConfig config = detail::read_decoder(json);
  require(config.hidden_size % config.heads == 0 && config.head_dim == config.hidden_size / config.heads, json.source(),
          ": \"head_dim\" must be ", "hidden_size / num_attention_heads for Phi-3, not ", config.head_dim);
  detail::require_silu(json);
  for (const char* const unused :
       {"attention_bias", "mlp_bias", "lm_head_bias", "full_attn_mod", "interpolate_factor"}) {
    static_cast<void>(json.find(unused));  // the class computes without them, whatever they say
  }
  RopeConfig rope =
      read_rope(json, config.context, json.integer("original_max_position_embeddings", original_of_silent_files));
  const double share = detail::read_partial_rotary_factor(json);
  const auto dims = static_cast<Index>(static_cast<double>(config.head_dim) * share);
  rope.dims = dims == config.head_dim ? 0 : dims;
  require(dims > 0, json.source(), ": \"partial_rotary_factor\" ", share, " leaves nothing of a head to rotate");
  detail::set_rope(config, rope, json.source());
  detail::set_window(config, json.integer("sliding_window", 0));
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  const LayerConfig& layer = config.layers.front();
  detail::write_rope(config, json);
  const RopeConfig& rope = *layer.rope;
  const Index dims = rope.dims == 0 ? config.head_dim : rope.dims;
  const auto width = static_cast<double>(config.head_dim);
  const double share = static_cast<double>(dims) / width;  // from which transformers takes the whole part again
  const bool exact = static_cast<Index>(share * width) == dims;
  json["partial_rotary_factor"] = exact ? share : (static_cast<double>(dims) + 0.25) / width;
  json["original_max_position_embeddings"] =
      rope.scaling == RopeScaling::longrope ? rope.original_context : config.context;
  json["hidden_act"] = "silu";
  json["sliding_window"] = layer.window > 0 ? nlohmann::json(layer.window) : nlohmann::json(nullptr);
}

/// A file with rope_factors_{short,long} is longrope's; no key says so.
[[nodiscard]] inline ModelConfig read_gguf(const detail::GgufFields& gguf) {
  ModelConfig config = detail::read_gguf_decoder(gguf);
  RopeConfig rope = *config.layers.front().rope;
  rope.short_factors = gguf.vector("rope_factors_short.weight");
  rope.long_factors = gguf.vector("rope_factors_long.weight");
  if (!rope.short_factors.empty() || !rope.long_factors.empty()) {
    rope.scaling = RopeScaling::longrope;
    rope.original_context = gguf.integer("rope.scaling.original_context_length");
    require(rope.original_context > 0, gguf.source(), ": rope.scaling.original_context_length must be positive");
    rope.factor = static_cast<double>(config.context) / static_cast<double>(rope.original_context);
    rope.attention_factor = gguf.number("rope.scaling.attn_factor", 1.0);
  }
  detail::set_rope(config, rope, gguf.source());
  detail::set_window(config, gguf.integer("attention.sliding_window", 0));
  return config;
}

}  // namespace phi3_detail

inline constexpr Family phi3{
    .name = "phi3",
    .huggingface_class = "Phi3ForCausalLM",
    .huggingface_type = "phi3",
    .gguf_architecture = "phi3",
    .turn_end = "<|end|>",
    .huggingface = {.prefix = "model.", .block = "layers.", .rules = phi3_detail::huggingface_rules},
    .gguf = {.prefix = "", .block = "blk.", .rules = phi3_detail::gguf_rules},
    .read_huggingface = phi3_detail::read_huggingface,
    .write_huggingface = phi3_detail::write_huggingface,
    .read_gguf = phi3_detail::read_gguf,
};

}  // namespace ampsft::families
