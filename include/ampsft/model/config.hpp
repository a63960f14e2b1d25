// SPDX-License-Identifier: MIT
/// @file
/// Everything that determines a decoder-only language model: its parameters and its computation.
#pragma once

#include <ampsft/model/layer_config.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

enum class NormKind { layer, rms };
constexpr std::array<std::string_view, 2> names_of(NormKind) noexcept {
  return {"layer", "rms"};
}

/// A decoder of any family. As it stands a small GPT-2 (Radford et al. 2019): learned positions, layer normalisation
/// before each branch, GELU.
///
/// All that is read, written, compared, printed and checked follows from `visit_fields` (model/fields.hpp,
/// model/config_json.hpp). Sizes that are 0 mean what their comments say; `completed()` fills them in.
struct ModelConfig {
  std::string family = {};  ///< in model/families/, say "gemma3"; empty for a model that came from none
  Index vocabulary = 256;
  Index context = 128;     ///< longest sequence, in tokens
  Index hidden_size = 64;  ///< of the residual stream, d
  LayerList layers = 2;
  Index heads = 4;
  Index kv_heads = 0;  ///< each serves heads / kv_heads heads of queries; 0: as many as heads
  Index head_dim = 0;  ///< 0: hidden_size / heads
  Index intermediate_size = 256;
  bool learned_positions = true;  ///< a vector a position, added to the token's; beside the layers' rotary positions
  NormKind norm = NormKind::layer;
  double norm_epsilon = 1e-5;
  bool norm_bias = true;       ///< of layer normalisations
  bool tied_head = true;       ///< the LM head is the token embedding's matrix
  bool attention_bias = true;  ///< of q, k and v
  bool attention_output_bias = true;
  bool mlp_bias = true;
  bool head_bias = false;
  double embedding_multiplier = 1;             ///< of token embeddings
  double residual_multiplier = 1;              ///< of what each branch adds
  double logits_multiplier = 1;                ///< of logits, before the cap
  double logits_cap = 0;                       ///< c: logits become `c tanh(logits / c)`; 0: none
  std::optional<double> attention_scale = {};  ///< of products of queries and keys; none: `1 / sqrt(head_dim)`
  double dropout = 0;                          ///< after the embeddings, the attention output and the MLP
  double initial_stddev = 0.02;                ///< of random weights
  std::optional<std::int32_t> bos = {};        ///< begins every text; or none
  std::vector<std::int32_t> eos = {};          ///< any of them ends a text

  /// The model of paper 72, whose counts determine it: 10,291,456 parameters, 46,398 stacked rows.
  [[nodiscard]] static ModelConfig paper72() {
    return {
        .vocabulary = 15007, .context = 512, .hidden_size = 256, .layers = 8, .heads = 8, .intermediate_size = 1024};
  }

  /// GPT-2 124M.
  [[nodiscard]] static ModelConfig gpt2() {
    return {
        .vocabulary = 50257, .context = 1024, .hidden_size = 768, .layers = 12, .heads = 12, .intermediate_size = 3072};
  }

  /// Columns of all queries side by side.
  [[nodiscard]] Index query_size() const noexcept { return heads * head_size(); }
  /// Columns of all keys, or all values, side by side.
  [[nodiscard]] Index key_size() const noexcept { return (kv_heads == 0 ? heads : kv_heads) * head_size(); }
  /// Columns of one head.
  [[nodiscard]] Index head_size() const noexcept { return head_dim == 0 ? hidden_size / heads : head_dim; }

  /// The order in which the rows of q and k lie.
  [[nodiscard]] RopePairing pairing() const noexcept {
    for (const LayerConfig& layer : layers) {
      if (layer.rope) {
        return layer.rope->pairing;
      }
    }
    return RopePairing::halves;
  }

  /// The same with sizes in the place of zeros.
  [[nodiscard]] ModelConfig completed() const {
    ModelConfig all = *this;
    all.kv_heads = kv_heads == 0 ? heads : kv_heads;
    all.head_dim = head_size();
    return all;
  }

  /// Throws `Error`, beginning with `source`, that names the first field which cannot be.
  void validate(std::string_view source = "model config") const;

  /// See `RopeConfig::visit_fields`.
  template <class Self, class Visit>
  static void visit_fields(Self& self, Visit&& visit) {
    constexpr Bounds id{0, 2147483647};
    visit("family", self.family, Bounds{});
    visit("vocabulary", self.vocabulary, Bounds::size());
    visit("context", self.context, Bounds::size());
    visit("hidden_size", self.hidden_size, Bounds::size());
    visit("layers", self.layers, Bounds{});
    visit("heads", self.heads, Bounds::size());
    visit("kv_heads", self.kv_heads, Bounds::size_or_none());
    visit("head_dim", self.head_dim, Bounds::size_or_none());
    visit("intermediate_size", self.intermediate_size, Bounds::size());
    visit("learned_positions", self.learned_positions, Bounds{});
    visit("norm", self.norm, Bounds{});
    visit("norm_epsilon", self.norm_epsilon, Bounds::positive());
    visit("norm_bias", self.norm_bias, Bounds{});
    visit("tied_head", self.tied_head, Bounds{});
    visit("attention_bias", self.attention_bias, Bounds{});
    visit("attention_output_bias", self.attention_output_bias, Bounds{});
    visit("mlp_bias", self.mlp_bias, Bounds{});
    visit("head_bias", self.head_bias, Bounds{});
    visit("embedding_multiplier", self.embedding_multiplier, Bounds::positive());
    visit("residual_multiplier", self.residual_multiplier, Bounds::positive());
    visit("logits_multiplier", self.logits_multiplier, Bounds::positive());
    visit("logits_cap", self.logits_cap, Bounds::not_negative());
    visit("attention_scale", self.attention_scale, Bounds::positive());
    visit("dropout", self.dropout, Bounds::share());
    visit("initial_stddev", self.initial_stddev, Bounds::not_negative());
    visit("bos", self.bos, id);
    visit("eos", self.eos, id);
  }

  bool operator==(const ModelConfig&) const = default;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/validate_config_inl.hpp>
#endif
