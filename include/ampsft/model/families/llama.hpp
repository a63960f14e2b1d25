// SPDX-License-Identifier: MIT
/// @file
/// Llama 2 and 3, TinyLlama, SmolLM2 (Touvron et al. 2023), and the names that later families took over.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/family.hpp>

#include <array>

namespace ampsft::families {

namespace llama_detail {

inline constexpr std::array<TensorRule, 14> huggingface_rules{{{"token_embedding", "embed_tokens"},
                                                               {"norm_1", "input_layernorm"},
                                                               {"attention.q", "self_attn.q_proj"},
                                                               {"attention.k", "self_attn.k_proj"},
                                                               {"attention.v", "self_attn.v_proj"},
                                                               {"attention.q_norm", "self_attn.q_norm"},
                                                               {"attention.k_norm", "self_attn.k_norm"},
                                                               {"attention.output", "self_attn.o_proj"},
                                                               {"norm_2", "post_attention_layernorm"},
                                                               {"mlp.gate", "mlp.gate_proj"},
                                                               {"mlp.up", "mlp.up_proj"},
                                                               {"mlp.down", "mlp.down_proj"},
                                                               {"final_norm", "norm"},
                                                               {"lm_head", "lm_head"}}};

inline constexpr std::array<TensorRule, 14> gguf_rules{{{"token_embedding", "token_embd"},
                                                        {"norm_1", "attn_norm"},
                                                        {"attention.q", "attn_q"},
                                                        {"attention.k", "attn_k"},
                                                        {"attention.v", "attn_v"},
                                                        {"attention.q_norm", "attn_q_norm"},
                                                        {"attention.k_norm", "attn_k_norm"},
                                                        {"attention.output", "attn_output"},
                                                        {"norm_2", "ffn_norm"},
                                                        {"mlp.gate", "ffn_gate"},
                                                        {"mlp.up", "ffn_up"},
                                                        {"mlp.down", "ffn_down"},
                                                        {"final_norm", "output_norm"},
                                                        {"lm_head", "output"}}};

inline constexpr TensorNames huggingface{.prefix = "model.", .block = "layers.", .rules = huggingface_rules};
inline constexpr TensorNames gguf_halves{.prefix = "", .block = "blk.", .rules = gguf_rules};
/// llama.cpp permutes the rows of q and k.
inline constexpr TensorNames gguf_interleaved{
    .prefix = "", .block = "blk.", .rules = gguf_rules, .pairing = RopePairing::interleaved};

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  ModelConfig config = detail::read_decoder(json);
  detail::require_silu(json);
  detail::read_attention_bias(json, config);
  config.mlp_bias = json.flag("mlp_bias", false);
  detail::set_rope(config, detail::read_rope(json, 10000, config.context), json.source());
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  detail::write_decoder(config, json);
  detail::write_rope(config, json);
  json["hidden_act"] = "silu";
  json["attention_bias"] = config.attention_bias;
  json["mlp_bias"] = config.mlp_bias;
}

[[nodiscard]] inline ModelConfig read_gguf(const detail::GgufFields& gguf) {
  ModelConfig config = detail::read_gguf_decoder(gguf);
  detail::refuse_gguf_window(gguf, config);
  return config;
}

}  // namespace llama_detail

inline constexpr Family llama{
    .name = "llama",
    .huggingface_class = "LlamaForCausalLM",
    .huggingface_type = "llama",
    .gguf_architecture = "llama",
    .turn_end = "<|eot_id|>",
    .huggingface = llama_detail::huggingface,
    .gguf = llama_detail::gguf_interleaved,
    .read_huggingface = llama_detail::read_huggingface,
    .write_huggingface = llama_detail::write_huggingface,
    .read_gguf = llama_detail::read_gguf,
};

}  // namespace ampsft::families
