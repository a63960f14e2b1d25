// SPDX-License-Identifier: MIT
/// @file
/// What determines the computation of a pretrained decoder, whichever file it was read from.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/rope_config.hpp>
#include <ampsft/core/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ampsft {

enum class NormKind { layer, rms };
enum class PositionKind { learned, rotary };
/// Of the MLP; `silu` belongs to a gated one (SwiGLU).
enum class Activation { gelu_tanh, gelu_erf, silu };

/// The config about a decoder-only model of the GPT-2 or Llama family.
struct PretrainedConfig {
  std::string architecture;  ///< as the file calls it, say "LlamaForCausalLM" or "qwen2"
  Index vocabulary = 0;
  Index context = 0;  ///< longest sequence, in tokens
  Index width = 0;    ///< of the residual stream
  Index layers = 0;
  Index heads = 0;
  Index kv_heads = 0;  ///< each serves heads / kv_heads heads of queries
  Index head_dim = 0;  ///< heads x head_dim need not be the width
  Index intermediate_size = 0;
  NormKind norm = NormKind::rms;
  double norm_epsilon = 1e-5;
  PositionKind positions = PositionKind::rotary;
  RopeConfig rope;  ///< of rotary positions
  Activation activation = Activation::silu;
  bool tied_head = false;       ///< the LM head is the token embedding's matrix
  bool attention_bias = false;  ///< of q, k and v
  bool attention_output_bias = false;
  bool mlp_bias = false;
  bool qk_norm = false;  ///< heads of q and k are normalised, each to head_dim gains
  std::optional<std::int32_t> bos;
  std::vector<std::int32_t> eos;  ///< any of them ends a text

  [[nodiscard]] bool gated() const noexcept { return activation == Activation::silu; }

  /// Throws `Error`, beginning with `source`, that names the first field which cannot be.
  void validate(const std::string& source) const {
    // Far above any model: products of two stay below 2^63, and a list of all parameters takes little memory.
    constexpr Index most_layers = 4096;
    const auto in_range = [&](Index value, const char* name, Index most = Index{1} << 30) {
      require(value > 0 && value <= most, source, ": the model's ", name, " must lie in 1 to ", most, ", not ", value);
    };
    in_range(vocabulary, "vocabulary");
    in_range(context, "context");
    in_range(width, "width");
    in_range(layers, "number of layers", most_layers);
    in_range(heads, "number of heads");
    in_range(kv_heads, "number of key/value heads");
    in_range(head_dim, "head width");
    in_range(intermediate_size, "MLP width");
    require(heads % kv_heads == 0, source, ": ", heads, " heads cannot share ", kv_heads, " key/value heads");
    require(std::isfinite(norm_epsilon) && norm_epsilon > 0, source, ": the epsilon of the normalisations must be ",
            "positive, not ", norm_epsilon);
    if (positions == PositionKind::rotary) {
      require(head_dim % 2 == 0, source, ": rotary positions need an even head width, not ", head_dim);
      require(std::isfinite(rope.theta) && rope.theta > 0, source, ": rotary theta must be positive, not ", rope.theta);
      require(std::isfinite(rope.factor) && rope.factor > 0, source, ": the rotary scaling factor must be ",
              "positive, not ", rope.factor);
      const bool stretched = rope.scaling == RopeScaling::llama3 || rope.scaling == RopeScaling::yarn;
      require(!stretched || rope.original_context > 0, source, ": the rotary scaling needs the original context");
    }
    for (const std::int32_t id : eos) {
      require(id >= 0 && id < vocabulary, source, ": the end-of-text id ", id, " is not in the vocabulary");
    }
    require(!bos || (*bos >= 0 && *bos < vocabulary), source, ": the beginning-of-text id ", bos.value_or(0),
            " is not in the vocabulary");
  }

  bool operator==(const PretrainedConfig&) const = default;
};

}  // namespace ampsft
