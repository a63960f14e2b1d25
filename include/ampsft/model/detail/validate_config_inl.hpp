// SPDX-License-Identifier: MIT
/// @file
/// What the fields of a model's config must fulfil together.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/detail/validate_rope.hpp>
#include <ampsft/model/fields.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ampsft {

AMPSFT_HEADER_INLINE void ModelConfig::validate(std::string_view source) const {
  check_fields(*this, source);
  require(kv_heads <= heads && (kv_heads == 0 || heads % kv_heads == 0), source, ": ", heads,
          " heads cannot share kv_heads ", kv_heads);
  require(head_dim > 0 || hidden_size % heads == 0, source, ": hidden_size ", hidden_size, " does not split into ",
          heads, " heads");
  for (Index i = 0; i < layers.size(); ++i) {
    const LayerConfig& layer = layers[i];
    require(layer.gated || layer.activation != Activation::silu, source, ": layers[", i,
            "].activation silu belongs to a gated MLP");
    if (layer.rope) {
      detail::validate_rope(*layer.rope, head_size(), source, concat("layers[", i, "].rope"));
    }
  }
  require(logits_multiplier == 1 || !head_bias, source,
          ": a multiplier of the logits beside a bias of the head is not ", "supported");
  for (const LayerConfig& layer : layers) {
    require(!layer.rope || layer.rope->pairing == pairing(), source,
            ": all layers must pair the numbers of a head alike");
  }
  for (const std::int32_t id : eos) {
    require(id < vocabulary, source, ": the end-of-text id ", id, " is not in the vocabulary of ", vocabulary);
  }
  require(!bos || *bos < vocabulary, source, ": the beginning-of-text id ", bos.value_or(0),
          " is not in the vocabulary of ", vocabulary);
}

}  // namespace ampsft
