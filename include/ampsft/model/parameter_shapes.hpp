// SPDX-License-Identifier: MIT
/// @file
/// The parameters of a model, in the order of its computation, with their shapes.
#pragma once

#include <ampsft/model/config.hpp>

#include <string_view>
#include <vector>

namespace ampsft {

/// Calls `visit(layer, stem, "weight" or "bias", shape)` for every parameter; `layer` is -1 outside of the blocks, and
/// a tied head is left out. `config` is completed. `Block` and `Transformer` name theirs alike; a test compares them.
template <class Visit>
void for_each_parameter(const ModelConfig& config, Visit&& visit) {
  const ModelConfig& c = config;
  Index layer = -1;
  const auto put = [&](std::string_view stem, std::vector<Index> shape, bool bias) {
    const Index outputs = shape.front();
    visit(layer, stem, std::string_view("weight"), std::move(shape));
    if (bias) {
      visit(layer, stem, std::string_view("bias"), std::vector<Index>{outputs});
    }
  };
  const bool norm_bias = c.norm == NormKind::layer && c.norm_bias;
  const auto norm = [&](std::string_view stem, bool there = true) {
    if (there) {
      put(stem, {c.hidden_size}, norm_bias);
    }
  };
  put("token_embedding", {c.vocabulary, c.hidden_size}, false);
  if (c.learned_positions) {
    put("position_embedding", {c.context, c.hidden_size}, false);
  }
  for (layer = 0; layer < c.layers.size(); ++layer) {
    const LayerConfig& l = c.layers[layer];
    const bool before = l.norms != NormPlacement::after;
    const bool after = l.norms != NormPlacement::before;
    norm("norm_1", before);
    put("attention.q", {c.query_size(), c.hidden_size}, c.attention_bias);
    put("attention.k", {c.key_size(), c.hidden_size}, c.attention_bias);
    put("attention.v", {c.key_size(), c.hidden_size}, c.attention_bias);
    if (l.qk_norm != QkNorm::none) {
      put("attention.q_norm", {l.qk_norm == QkNorm::whole ? c.query_size() : c.head_size()}, false);
      put("attention.k_norm", {l.qk_norm == QkNorm::whole ? c.key_size() : c.head_size()}, false);
    }
    put("attention.output", {c.hidden_size, c.query_size()}, c.attention_output_bias);
    norm("post_norm_1", after);
    norm("norm_2", before);
    if (l.gated) {
      put("mlp.gate", {c.intermediate_size, c.hidden_size}, c.mlp_bias);
    }
    put("mlp.up", {c.intermediate_size, c.hidden_size}, c.mlp_bias);
    put("mlp.down", {c.hidden_size, c.intermediate_size}, c.mlp_bias);
    norm("post_norm_2", after);
  }
  layer = -1;
  norm("final_norm");
  if (!c.tied_head) {
    put("lm_head", {c.vocabulary, c.hidden_size}, c.head_bias);
  } else if (c.head_bias) {
    visit(layer, std::string_view("lm_head"), std::string_view("bias"), std::vector<Index>{c.vocabulary});
  }
}

}  // namespace ampsft
