// SPDX-License-Identifier: MIT
/// @file
/// The shape of a decoder-only transformer of the GPT-2 family.
#pragma once

#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/tensor.hpp>

namespace ampsft {

/// Everything that determines the parameters and the computation of a GPT-2 style model: pre-norm blocks, learned
/// positions, causal multi-head attention, a two-layer MLP with GELU (Radford et al. 2019).
struct TransformerConfig {
  Index vocabulary = 256;
  Index context = 128;  ///< longest sequence, in tokens
  Index width = 64;     ///< of the residual stream, d
  Index layers = 2;
  Index heads = 4;
  Index mlp_width = 256;
  bool tied_head = true;    ///< the LM head is the token embedding's matrix
  bool linear_bias = true;  ///< biases in attention and MLP
  bool norm_bias = true;    ///< biases in the normalisations
  bool head_bias = false;   ///< a bias on the logits
  GeluForm activation = GeluForm::tanh;
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

  /// Throws `Error` that names the first field which cannot be.
  void validate() const {
    const auto positive = [](Index value, const char* name) {
      require(value > 0, "transformer config: ", name, " must be positive, not ", value);
    };
    positive(vocabulary, "vocabulary");
    positive(context, "context");
    positive(width, "width");
    positive(layers, "layers");
    positive(heads, "heads");
    positive(mlp_width, "mlp_width");
    require(width % heads == 0, "transformer config: width ", width, " does not split into ", heads, " heads");
    require(dropout >= 0.0 && dropout < 1.0, "transformer config: dropout must be in [0, 1), not ", dropout);
    require(norm_epsilon > 0.0, "transformer config: norm_epsilon must be positive, not ", norm_epsilon);
  }

  bool operator==(const TransformerConfig&) const = default;
};

}  // namespace ampsft
