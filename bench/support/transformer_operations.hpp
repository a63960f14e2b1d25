// SPDX-License-Identifier: MIT
/// @file
/// The operations of a transformer's passes that no program can leave out, counted.
#pragma once

#include <ampsft/model/config.hpp>

namespace bench {

using ampsft::Index;

/// What is trained: all weights, or scores over a basis with or without the frozen weights.
enum class Form { dense, exact_start, truncated };

/// Operations of both passes, two a multiply-add.
struct PassOperations {
  double forward = 0;
  double backward = 0;

  [[nodiscard]] double both() const noexcept { return forward + backward; }
  PassOperations& operator+=(const PassOperations& other) noexcept {
    forward += other.forward;
    backward += other.backward;
    return *this;
  }
};

/// A layer of `outputs x inputs`, a token: 2 n d forward and, for each gradient that the form needs, once more.
inline PassOperations layer_operations(Index outputs, Index inputs, Form form, double rank) {
  const auto n = static_cast<double>(outputs);
  const auto d = static_cast<double>(inputs);
  const double whole = form == Form::truncated ? 0.0 : 2.0 * n * d;
  const double factors = form == Form::dense ? 0.0 : 2.0 * rank * (n + d);
  return {whole + factors, (form == Form::dense ? 2.0 : 1.0) * whole + 2.0 * factors};
}

/// A block, a token: its layers; attention 2 h a head, query and key that it sees forward, and 5 h backward.
inline PassOperations block_operations(const ampsft::ModelConfig& c, Form form, double rank) {
  PassOperations sum;
  const auto add = [&](Index outputs, Index inputs) { sum += layer_operations(outputs, inputs, form, rank); };
  add(c.query_size(), c.hidden_size);
  add(c.key_size(), c.hidden_size);
  add(c.key_size(), c.hidden_size);
  add(c.hidden_size, c.query_size());
  add(c.intermediate_size, c.hidden_size);
  if (c.layers.front().gated) {
    add(c.intermediate_size, c.hidden_size);
  }
  add(c.hidden_size, c.intermediate_size);
  const auto seen = static_cast<double>(c.query_size() * c.context) / 2.0;  // half of the keys
  sum += {2.0 * 2.0 * seen, 2.0 * 5.0 * seen};
  return sum;
}

/// A Llama of 30 layers, in SmolLM2-135M's shape, for texts of 256 tokens.
inline ampsft::ModelConfig smollm2_config() {
  ampsft::ModelConfig config;
  config.vocabulary = 49152;
  config.context = 256;
  config.hidden_size = 576;
  config.layers = {30, {.rope = ampsft::RopeConfig{}, .gated = true, .activation = ampsft::Activation::silu}};
  config.heads = 9;
  config.kv_heads = 3;
  config.intermediate_size = 1536;
  config.norm = ampsft::NormKind::rms;
  config.learned_positions = false;
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  return config;
}

}  // namespace bench
