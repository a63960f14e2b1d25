// SPDX-License-Identifier: MIT
/// @file
/// OLMo 2 (OLMo Team 2024): Llama with norms after each branch, and norms of all heads of q and k together.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/family.hpp>

#include <array>

namespace ampsft::families {

namespace olmo2_detail {

inline constexpr std::array<TensorRule, 14> huggingface_rules{{{"token_embedding", "embed_tokens"},
                                                               {"attention.q", "self_attn.q_proj"},
                                                               {"attention.k", "self_attn.k_proj"},
                                                               {"attention.v", "self_attn.v_proj"},
                                                               {"attention.q_norm", "self_attn.q_norm"},
                                                               {"attention.k_norm", "self_attn.k_norm"},
                                                               {"attention.output", "self_attn.o_proj"},
                                                               {"post_norm_1", "post_attention_layernorm"},
                                                               {"mlp.gate", "mlp.gate_proj"},
                                                               {"mlp.up", "mlp.up_proj"},
                                                               {"mlp.down", "mlp.down_proj"},
                                                               {"post_norm_2", "post_feedforward_layernorm"},
                                                               {"final_norm", "norm"},
                                                               {"lm_head", "lm_head"}}};

inline constexpr std::array<TensorRule, 14> gguf_rules{{{"token_embedding", "token_embd"},
                                                        {"attention.q", "attn_q"},
                                                        {"attention.k", "attn_k"},
                                                        {"attention.v", "attn_v"},
                                                        {"attention.q_norm", "attn_q_norm"},
                                                        {"attention.k_norm", "attn_k_norm"},
                                                        {"attention.output", "attn_output"},
                                                        {"post_norm_1", "post_attention_norm"},
                                                        {"mlp.gate", "ffn_gate"},
                                                        {"mlp.up", "ffn_up"},
                                                        {"mlp.down", "ffn_down"},
                                                        {"post_norm_2", "post_ffw_norm"},
                                                        {"final_norm", "output_norm"},
                                                        {"lm_head", "output"}}};

inline void set_norms(ModelConfig& config) {
  for (LayerConfig& layer : config.layers) {
    layer.norms = NormPlacement::after;
    layer.qk_norm = QkNorm::whole;
  }
}

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  ModelConfig config = detail::read_decoder(json);
  detail::require_silu(json);
  detail::read_attention_bias(json, config);
  detail::set_rope(config, detail::read_rope(json, 10000, config.context), json.source());
  set_norms(config);
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  detail::write_rope(config, json);
  json["hidden_act"] = "silu";
  json["attention_bias"] = config.attention_bias;
}

/// A file with a window is one of OLMo 3.
[[nodiscard]] inline ModelConfig read_gguf(const detail::GgufFields& gguf) {
  ModelConfig config = detail::read_gguf_decoder(gguf);
  detail::refuse_gguf_window(gguf, config);
  set_norms(config);
  return config;
}

}  // namespace olmo2_detail

inline constexpr Family olmo2{
    .name = "olmo2",
    .huggingface_class = "Olmo2ForCausalLM",
    .huggingface_type = "olmo2",
    .gguf_architecture = "olmo2",
    .turn_end = "<|endoftext|>",
    .huggingface = {.prefix = "model.", .block = "layers.", .rules = olmo2_detail::huggingface_rules},
    .gguf = {.prefix = "", .block = "blk.", .rules = olmo2_detail::gguf_rules},
    .read_huggingface = olmo2_detail::read_huggingface,
    .write_huggingface = olmo2_detail::write_huggingface,
    .read_gguf = olmo2_detail::read_gguf,
};

}  // namespace ampsft::families
