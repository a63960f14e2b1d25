// SPDX-License-Identifier: MIT
/// @file
/// The shape of a decoder-only transformer of the GPT-2 or Llama family.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/rope_config.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/model/pretrained_config.hpp>

#include <cmath>
#include <vector>

namespace ampsft {

/// Everything that determines the parameters and the computation: pre-norm blocks of causal multi-head attention and
/// an MLP. As it stands a GPT-2 (Radford et al. 2019): layer normalisation, learned positions, GELU; the other kinds
/// make a Llama (Touvron et al. 2023): RMS normalisation, rotary positions, grouped heads, SwiGLU.
struct TransformerConfig {
  Index vocabulary = 256;
  Index context = 128;  ///< longest sequence, in tokens
  Index width = 64;     ///< of the residual stream, d
  Index layers = 2;
  Index heads = 4;
  Index kv_heads = 0;  ///< each serves heads / kv_heads heads of queries; 0: as many as heads
  Index head_dim = 0;  ///< 0: width / heads
  Index intermediate_size = 256;
  NormKind norm = NormKind::layer;
  PositionKind positions = PositionKind::learned;
  RopeConfig rope = {};                        ///< of rotary positions
  std::vector<double> frequency_factors = {};  ///< of the frequencies, head_dim / 2 numbers; or none
  Activation activation = Activation::gelu_tanh;
  bool tied_head = true;       ///< the LM head is the token embedding's matrix
  bool attention_bias = true;  ///< biases of q, k and v
  bool attention_output_bias = true;
  bool mlp_bias = true;
  bool norm_bias = true;   ///< biases in layer normalisations
  bool head_bias = false;  ///< a bias on the logits
  bool qk_norm = false;    ///< heads of q and k are RMS-normalised, each to head_dim gains
  double norm_epsilon = 1e-5;
  double dropout = 0.0;  ///< after the embeddings, the attention output and the MLP
  double initial_stddev = 0.02;

  /// The model of paper 72, whose counts determine it: 10,291,456 parameters, 46,398 stacked rows.
  [[nodiscard]] static TransformerConfig paper72() {
    TransformerConfig config;
    config.vocabulary = 15007;
    config.context = 512;
    config.width = 256;
    config.layers = 8;
    config.heads = 8;
    config.intermediate_size = 1024;
    return config;
  }

  /// GPT-2 124M.
  [[nodiscard]] static TransformerConfig gpt2() {
    TransformerConfig config;
    config.vocabulary = 50257;
    config.context = 1024;
    config.width = 768;
    config.layers = 12;
    config.heads = 12;
    config.intermediate_size = 3072;
    return config;
  }

  [[nodiscard]] bool gated() const noexcept { return activation == Activation::silu; }
  [[nodiscard]] Index kv_head_count() const noexcept { return kv_heads == 0 ? heads : kv_heads; }
  [[nodiscard]] Index width_of_head() const noexcept { return head_dim == 0 ? width / heads : head_dim; }
  /// Columns of all queries side by side.
  [[nodiscard]] Index query_width() const noexcept { return heads * width_of_head(); }
  /// Columns of all keys, or all values, side by side.
  [[nodiscard]] Index key_width() const noexcept { return kv_head_count() * width_of_head(); }

  /// Throws `Error` that names the first field which cannot be.
  void validate() const {
    constexpr Index most = Index{1} << 30;  // far above any model: products of two fit
    const auto positive = [&](Index value, const char* name) {
      require(value > 0, "transformer config: ", name, " must be positive, not ", value);
      require(value <= most, "transformer config: ", name, " must be at most ", most, ", not ", value);
    };
    positive(vocabulary, "vocabulary");
    positive(context, "context");
    positive(width, "width");
    positive(layers, "layers");
    positive(heads, "heads");
    positive(intermediate_size, "intermediate_size");
    require(kv_heads >= 0 && kv_heads <= heads && heads % kv_head_count() == 0, "transformer config: ", heads,
            " heads cannot share kv_heads ", kv_heads);
    require(head_dim >= 0 && head_dim <= most, "transformer config: head_dim must not be ", head_dim);
    require(head_dim > 0 || width % heads == 0, "transformer config: width ", width, " does not split into ", heads,
            " heads");
    require(dropout >= 0.0 && dropout < 1.0, "transformer config: dropout must be in [0, 1), not ", dropout);
    require(norm_epsilon > 0.0, "transformer config: norm_epsilon must be positive, not ", norm_epsilon);
    if (positions == PositionKind::rotary) {
      validate_rotary();
    }
  }

  bool operator==(const TransformerConfig&) const = default;

 private:
  void validate_rotary() const {
    require(width_of_head() % 2 == 0, "transformer config: rotary positions need heads of even width, not ",
            width_of_head());
    require(std::isfinite(rope.theta) && rope.theta > 0, "transformer config: rotary theta must be positive, not ",
            rope.theta);
    require(std::isfinite(rope.factor) && rope.factor > 0, "transformer config: the rotary factor must be ",
            "positive, not ", rope.factor);
    const bool stretched = rope.scaling == RopeScaling::llama3 || rope.scaling == RopeScaling::yarn;
    require(!stretched || rope.original_context > 0, "transformer config: the rotary scaling needs original_context");
    require(this->frequency_factors.empty() || static_cast<Index>(frequency_factors.size()) == width_of_head() / 2,
            "transformer config: ", this->frequency_factors.size(), " frequency_factors for heads of width ",
            width_of_head());
    for (const double divisor : this->frequency_factors) {
      require(std::isfinite(divisor) && divisor > 0, "transformer config: frequency_factors must be positive, not ",
              divisor);
    }
  }
};

}  // namespace ampsft
