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
  Index kv_heads = 0;    ///< each serves heads / kv_heads heads of queries; 0: as many as heads
  Index head_width = 0;  ///< 0: width / heads
  Index mlp_width = 256;
  NormKind norm = NormKind::layer;
  PositionKind positions = PositionKind::learned;
  RotaryFacts rotary = {};                   ///< of rotary positions
  std::vector<double> rotary_divisors = {};  ///< of the frequencies, head_width / 2 numbers; or none
  Activation activation = Activation::gelu_tanh;
  bool tied_head = true;       ///< the LM head is the token embedding's matrix
  bool attention_bias = true;  ///< biases of q, k and v
  bool attention_output_bias = true;
  bool mlp_bias = true;
  bool norm_bias = true;   ///< biases in layer normalisations
  bool head_bias = false;  ///< a bias on the logits
  bool qk_norm = false;    ///< heads of q and k are RMS-normalised, each to head_width gains
  double norm_epsilon = 1e-5;
  double dropout = 0.0;  ///< after the embeddings, the attention output and the MLP
  double initial_deviation = 0.02;

  /// The model of paper 72, whose counts determine it: 10,291,456 parameters, 46,398 stacked rows.
  [[nodiscard]] static TransformerConfig paper72() {
    TransformerConfig config;
    config.vocabulary = 15007;
    config.context = 512;
    config.width = 256;
    config.layers = 8;
    config.heads = 8;
    config.mlp_width = 1024;
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
    config.mlp_width = 3072;
    return config;
  }

  [[nodiscard]] bool gated() const noexcept { return activation == Activation::silu; }
  [[nodiscard]] Index key_heads() const noexcept { return kv_heads == 0 ? heads : kv_heads; }
  [[nodiscard]] Index width_of_head() const noexcept { return head_width == 0 ? width / heads : head_width; }
  /// Columns of all queries side by side.
  [[nodiscard]] Index query_width() const noexcept { return heads * width_of_head(); }
  /// Columns of all keys, or all values, side by side.
  [[nodiscard]] Index key_width() const noexcept { return key_heads() * width_of_head(); }

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
    positive(mlp_width, "mlp_width");
    require(kv_heads >= 0 && kv_heads <= heads && heads % key_heads() == 0, "transformer config: ", heads,
            " heads cannot share kv_heads ", kv_heads);
    require(head_width >= 0 && head_width <= most, "transformer config: head_width must not be ", head_width);
    require(head_width > 0 || width % heads == 0, "transformer config: width ", width, " does not split into ", heads,
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
    require(std::isfinite(rotary.theta) && rotary.theta > 0, "transformer config: rotary theta must be positive, not ",
            rotary.theta);
    require(std::isfinite(rotary.factor) && rotary.factor > 0, "transformer config: the rotary factor must be ",
            "positive, not ", rotary.factor);
    const bool stretched = rotary.scaling == RotaryScaling::llama3 || rotary.scaling == RotaryScaling::yarn;
    require(!stretched || rotary.original_context > 0, "transformer config: the rotary scaling needs original_context");
    require(rotary_divisors.empty() || static_cast<Index>(rotary_divisors.size()) == width_of_head() / 2,
            "transformer config: ", rotary_divisors.size(), " rotary_divisors for heads of width ", width_of_head());
    for (const double divisor : rotary_divisors) {
      require(std::isfinite(divisor) && divisor > 0, "transformer config: rotary_divisors must be positive, not ",
              divisor);
    }
  }
};

}  // namespace ampsft
