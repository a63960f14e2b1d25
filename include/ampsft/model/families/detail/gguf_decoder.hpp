// SPDX-License-Identifier: MIT
/// @file
/// The metadata of GGUF files that all families after Llama share.
#pragma once

#include <ampsft/model/config.hpp>
#include <ampsft/model/detail/validate_rope.hpp>
#include <ampsft/model/families/detail/gguf_fields.hpp>

#include <string_view>

namespace ampsft::detail {

/// Sizes that every architecture has.
inline void read_gguf_sizes(const GgufFields& gguf, ModelConfig& config) {
  config.context = gguf.integer("context_length");
  config.hidden_size = gguf.integer("embedding_length");
  config.heads = gguf.integer("attention.head_count");
  config.kv_heads = gguf.integer("attention.head_count_kv", config.heads);
  config.intermediate_size = gguf.integer("feed_forward_length");
  require(config.heads > 0, gguf.source(), ": the number of heads must be positive");
  config.head_dim = gguf.integer("attention.key_length", config.hidden_size / config.heads);
  require(gguf.integer("attention.value_length", config.head_dim) == config.head_dim, gguf.source(),
          ": keys and values of different widths are not supported");
  require(gguf.integer("expert_count", 0) == 0, gguf.source(), ": mixtures of experts are not supported");
}

[[nodiscard]] inline Index gguf_layers(const GgufFields& gguf) {
  const Index layers = gguf.integer("block_count");
  require(layers >= 1 && layers <= LayerList::most, gguf.source(), ": block_count must lie in 1 to ", LayerList::most,
          ", not ", layers);
  return layers;
}

/// The same rotary positions in every layer.
[[nodiscard]] inline RopeConfig read_gguf_rope(const GgufFields& gguf, const ModelConfig& config) {
  RopeConfig rope;
  rope.theta = gguf.number("rope.freq_base", rope.theta);
  const Index rotated = gguf.integer("rope.dimension_count", config.head_dim);
  require(rotated > 0, gguf.source(), ": rope.dimension_count must be positive, not ", rotated);
  rope.dims = rotated == config.head_dim ? 0 : rotated;
  rope.frequency_factors = gguf.vector("rope_freqs.weight");
  require(rope.frequency_factors.empty() || static_cast<Index>(rope.frequency_factors.size()) == rotated / 2,
          gguf.source(), ": tensor \"rope_freqs.weight\" holds ", rope.frequency_factors.size(), " numbers, but ",
          rotated / 2, " pairs of a head rotate");
  const double factor = gguf.number("rope.scaling.factor", gguf.number("rope.scale_linear", 0.0));
  // a file that names no type means linear
  const std::string_view kind = gguf.text("rope.scaling.type", "linear");
  const Index original = gguf.integer("rope.scaling.original_context_length", config.context);
  const double magnitude = gguf.number("rope.scaling.attn_factor", 1.0);
  const bool longrope = gguf.file().contains("rope_factors_long.weight");  // which its family reads
  require(magnitude == 1 || kind == "yarn" || longrope, gguf.source(), ": rope.scaling.attn_factor ", magnitude,
          " without yarn is not supported");
  const double beta_fast = gguf.number("rope.scaling.yarn_beta_fast", rope.beta_fast);
  const double beta_slow = gguf.number("rope.scaling.yarn_beta_slow", rope.beta_slow);
  static_cast<void>(gguf.find("rope.scaling.finetuned"));
  if (kind == "linear" && factor != 0 && factor != 1) {
    rope.scaling = RopeScaling::linear;
    rope.factor = factor;
  } else if (kind == "yarn") {
    rope.scaling = RopeScaling::yarn;
    rope.factor = factor == 0 ? 1.0 : factor;
    rope.original_context = original;
    rope.beta_fast = beta_fast;
    rope.beta_slow = beta_slow;
    rope.attention_factor = yarn_attention_factor(rope.factor) * magnitude;
  } else {
    require(kind == "none" || kind == "linear", gguf.source(), ": the rotary scaling ", quoted(kind),
            " is not supported; supported are none, linear, yarn");
  }
  return rope;
}

/// A decoder of Llama's kind: sizes, RMS norms, an MLP gated by SiLU, rotary positions in every layer, and biases and
/// norms of q and k where there are tensors for them.
[[nodiscard]] inline ModelConfig read_gguf_decoder(const GgufFields& gguf) {
  ModelConfig config;
  read_gguf_sizes(gguf, config);
  config.norm = NormKind::rms;
  config.norm_epsilon = gguf.number("attention.layer_norm_rms_epsilon");
  config.learned_positions = config.norm_bias = false;
  const GgufFile& file = gguf.file();
  config.attention_bias = file.contains("blk.0.attn_q.bias");
  config.attention_output_bias = file.contains("blk.0.attn_output.bias");
  config.mlp_bias = file.contains("blk.0.ffn_up.bias");
  LayerConfig layer{.gated = true, .activation = Activation::silu};
  layer.rope = read_gguf_rope(gguf, config);
  validate_rope(*layer.rope, config.head_dim, gguf.source(), "its rotary positions");  // before it is copied
  layer.qk_norm = file.contains("blk.0.attn_q_norm.weight") ? QkNorm::per_head : QkNorm::none;
  config.layers = LayerList(gguf_layers(gguf), layer);
  return config;
}

/// Throws `Error` where the file tells of a window, for families whose files have none.
inline void refuse_gguf_window(const GgufFields& gguf, const ModelConfig& config) {
  require(gguf.integer("attention.sliding_window", config.context) >= config.context, gguf.source(),
          ": a sliding window is not supported for the architecture ", gguf.architecture());
}

}  // namespace ampsft::detail
