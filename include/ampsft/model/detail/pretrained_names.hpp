// SPDX-License-Identifier: MIT
/// @file
/// The parameters of a model in the order of its computation, and their names in pretrained models' files.
#pragma once

#include <ampsft/model/pretrained_config.hpp>

#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The library's name of a layer, without block number and ".weight", beside a file's.
struct StemRule {
  std::string_view ours;
  std::string_view theirs;
  int part = -1;            ///< of three that lie in one tensor, q, k and v; -1: the whole tensor
  bool transposed = false;  ///< matrices are stored as inputs x outputs
};

inline constexpr std::array<StemRule, 14> llama_stems{{{"token_embedding", "embed_tokens"},
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

inline constexpr std::array<StemRule, 12> gpt2_stems{{{"token_embedding", "wte"},
                                                      {"position_embedding", "wpe"},
                                                      {"norm_1", "ln_1"},
                                                      {"attention.q", "attn.c_attn", 0, true},
                                                      {"attention.k", "attn.c_attn", 1, true},
                                                      {"attention.v", "attn.c_attn", 2, true},
                                                      {"attention.output", "attn.c_proj", -1, true},
                                                      {"norm_2", "ln_2"},
                                                      {"mlp.up", "mlp.c_fc", -1, true},
                                                      {"mlp.down", "mlp.c_proj", -1, true},
                                                      {"final_norm", "ln_f"},
                                                      {"lm_head", "lm_head"}}};

inline constexpr std::array<StemRule, 14> gguf_llama_stems{{{"token_embedding", "token_embd"},
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

/// GGUF files of GPT-2 hold q, k and v in one matrix too, but outputs x inputs like all others.
inline constexpr std::array<StemRule, 12> gguf_gpt2_stems{{{"token_embedding", "token_embd"},
                                                           {"position_embedding", "position_embd"},
                                                           {"norm_1", "attn_norm"},
                                                           {"attention.q", "attn_qkv", 0},
                                                           {"attention.k", "attn_qkv", 1},
                                                           {"attention.v", "attn_qkv", 2},
                                                           {"attention.output", "attn_output"},
                                                           {"norm_2", "ffn_norm"},
                                                           {"mlp.up", "ffn_up"},
                                                           {"mlp.down", "ffn_down"},
                                                           {"final_norm", "output_norm"},
                                                           {"lm_head", "output"}}};

[[nodiscard]] inline std::span<const StemRule> stem_rules(bool gguf, bool gpt2) noexcept {
  if (gguf) {
    return gpt2 ? std::span<const StemRule>(gguf_gpt2_stems) : std::span<const StemRule>(gguf_llama_stems);
  }
  return gpt2 ? std::span<const StemRule>(gpt2_stems) : std::span<const StemRule>(llama_stems);
}

/// Calls `visit(layer, stem, "weight" or "bias", shape)` for every parameter; `layer` is -1 outside of the blocks.
template <class Visit>
void for_each_parameter(const PretrainedConfig& c, Visit&& visit) {
  Index layer = -1;
  const auto linear = [&](std::string_view stem, Index outputs, Index inputs, bool bias) {
    visit(layer, stem, std::string_view("weight"), std::vector<Index>{outputs, inputs});
    if (bias) {
      visit(layer, stem, std::string_view("bias"), std::vector<Index>{outputs});
    }
  };
  const auto norm = [&](std::string_view stem, Index size, bool bias) {
    visit(layer, stem, std::string_view("weight"), std::vector<Index>{size});
    if (bias) {
      visit(layer, stem, std::string_view("bias"), std::vector<Index>{size});
    }
  };
  const bool norm_bias = c.norm == NormKind::layer;
  const Index queries = c.heads * c.head_dim;
  const Index keys = c.kv_heads * c.head_dim;
  linear("token_embedding", c.vocabulary, c.width, false);
  if (c.positions == PositionKind::learned) {
    linear("position_embedding", c.context, c.width, false);
  }
  for (layer = 0; layer < c.layers; ++layer) {
    norm("norm_1", c.width, norm_bias);
    linear("attention.q", queries, c.width, c.attention_bias);
    linear("attention.k", keys, c.width, c.attention_bias);
    linear("attention.v", keys, c.width, c.attention_bias);
    if (c.qk_norm) {
      norm("attention.q_norm", c.head_dim, false);
      norm("attention.k_norm", c.head_dim, false);
    }
    linear("attention.output", c.width, queries, c.attention_output_bias);
    norm("norm_2", c.width, norm_bias);
    if (c.gated()) {
      linear("mlp.gate", c.intermediate_size, c.width, c.mlp_bias);
    }
    linear("mlp.up", c.intermediate_size, c.width, c.mlp_bias);
    linear("mlp.down", c.width, c.intermediate_size, c.mlp_bias);
  }
  layer = -1;
  norm("final_norm", c.width, norm_bias);
  if (!c.tied_head) {
    linear("lm_head", c.vocabulary, c.width, false);
  }
}

}  // namespace ampsft::detail
