// SPDX-License-Identifier: MIT
/// @file
/// GPT-2 (Radford et al. 2019).
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/model/families/detail/gguf_decoder.hpp>
#include <ampsft/model/families/detail/huggingface_decoder.hpp>
#include <ampsft/model/families/family.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace ampsft::families {

namespace gpt2_detail {

inline constexpr std::array<TensorRule, 12> huggingface_rules{{{"token_embedding", "wte"},
                                                               {"position_embedding", "wpe"},
                                                               {"norm_1", "ln_1"},
                                                               {"attention.q", "attn.c_attn", true},
                                                               {"attention.k", "attn.c_attn", true},
                                                               {"attention.v", "attn.c_attn", true},
                                                               {"attention.output", "attn.c_proj", true},
                                                               {"norm_2", "ln_2"},
                                                               {"mlp.up", "mlp.c_fc", true},
                                                               {"mlp.down", "mlp.c_proj", true},
                                                               {"final_norm", "ln_f"},
                                                               {"lm_head", "lm_head"}}};

/// q, k and v lie in one matrix here too, but outputs x inputs like all others.
inline constexpr std::array<TensorRule, 12> gguf_rules{{{"token_embedding", "token_embd"},
                                                        {"position_embedding", "position_embd"},
                                                        {"norm_1", "attn_norm"},
                                                        {"attention.q", "attn_qkv"},
                                                        {"attention.k", "attn_qkv"},
                                                        {"attention.v", "attn_qkv"},
                                                        {"attention.output", "attn_output"},
                                                        {"norm_2", "ffn_norm"},
                                                        {"mlp.up", "ffn_up"},
                                                        {"mlp.down", "ffn_down"},
                                                        {"final_norm", "output_norm"},
                                                        {"lm_head", "output"}}};

[[nodiscard]] inline ModelConfig read_huggingface(const detail::JsonFields& json) {
  ModelConfig config;
  config.context = json.integer("n_positions");
  config.hidden_size = json.integer("n_embd");
  config.heads = config.kv_heads = json.integer("n_head");
  require(config.hidden_size > 0 && config.heads > 0 && config.hidden_size % config.heads == 0, json.source(),
          ": n_embd ", config.hidden_size, " does not split into n_head ", config.heads, " heads");
  config.head_dim = config.hidden_size / config.heads;
  config.intermediate_size = json.integer("n_inner", 4 * std::min(config.hidden_size, Index{1} << 28));
  config.norm_epsilon = json.number("layer_norm_epsilon");
  const Index layers = json.integer("n_layer");
  require(layers >= 1 && layers <= LayerList::most, json.source(), ": \"n_layer\" must lie in 1 to ", LayerList::most,
          ", not ", layers);
  const std::string activation = json.text("activation_function");
  require(activation == "gelu_new" || activation == "gelu_pytorch_tanh" || activation == "gelu", json.source(),
          ": the activation ", detail::quoted(activation),
          " is not supported; supported are gelu_new, gelu_pytorch_tanh, gelu");
  config.layers =
      LayerList(layers, {.activation = activation == "gelu" ? Activation::gelu_erf : Activation::gelu_tanh});
  require(json.flag("scale_attn_weights", true) && !json.flag("scale_attn_by_inverse_layer_idx", false) &&
              !json.flag("add_cross_attention", false),
          json.source(), ": only plain GPT-2 attention is supported: scale_attn_weights, without ",
          "scale_attn_by_inverse_layer_idx and add_cross_attention");
  return config;
}

inline void write_huggingface(const ModelConfig& config, nlohmann::json& json) {
  const LayerConfig& layer = config.layers.front();
  json["n_positions"] = config.context;
  json["n_embd"] = config.hidden_size;
  json["n_layer"] = config.layers.size();
  json["n_head"] = config.heads;
  json["n_inner"] = config.intermediate_size;
  json["layer_norm_epsilon"] = config.norm_epsilon;
  json["activation_function"] = layer.activation == Activation::gelu_erf ? "gelu" : "gelu_new";
}

[[nodiscard]] inline ModelConfig read_gguf(const detail::GgufFields& gguf) {
  ModelConfig config;
  detail::read_gguf_sizes(gguf, config);
  config.norm_epsilon = gguf.number("attention.layer_norm_epsilon");
  config.layers = LayerList(detail::gguf_layers(gguf));
  detail::refuse_gguf_window(gguf, config);
  return config;
}

}  // namespace gpt2_detail

inline constexpr Family gpt2{
    .name = "gpt2",
    .huggingface_class = "GPT2LMHeadModel",
    .huggingface_type = "gpt2",
    .gguf_architecture = "gpt2",
    .turn_end = "<|endoftext|>",
    .huggingface = {.prefix = "transformer.", .block = "h.", .rules = gpt2_detail::huggingface_rules},
    .gguf = {.prefix = "", .block = "blk.", .rules = gpt2_detail::gguf_rules},
    .read_huggingface = gpt2_detail::read_huggingface,
    .write_huggingface = gpt2_detail::write_huggingface,
    .read_gguf = gpt2_detail::read_gguf,
    .tied_by_default = true,
};

}  // namespace ampsft::families
