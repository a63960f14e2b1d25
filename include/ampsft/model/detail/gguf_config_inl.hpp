// SPDX-License-Identifier: MIT
/// @file
/// How a config is read from a GGUF file.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/model/families.hpp>
#include <ampsft/model/families/detail/gguf_fields.hpp>
#include <ampsft/model/gguf_config.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace ampsft::detail {

/// Metadata of an architecture that do not change what it computes, or are told by the tensors.
inline constexpr std::array<std::string_view, 3> harmless_gguf_keys{"vocab_size", "expert_used_count",
                                                                    "tensor_data_layout"};

inline const Family& gguf_family(const GgufFile& file, const GgufFields& fields) {
  const GgufValue* const type = file.find("general.type");
  require(type == nullptr || type->text() == "model", file.path(), ": it holds no model (its general.type is ",
          type != nullptr ? quoted(type->text()) : "", ")");
  const GgufValue* const parts = file.find("split.count");
  require(parts == nullptr || parts->integer() <= 1, file.path(), ": it is one part of a split model; join the parts ",
          "(llama-gguf-split --merge)");
  const Family* const family = find_family(&Family::gguf_architecture, fields.architecture());
  require(family != nullptr, file.path(), ": the architecture ", quoted(fields.architecture()),
          " is not supported; supported are ", family_names(&Family::gguf_architecture));
  return *family;
}

[[nodiscard]] inline std::optional<std::int32_t> find_gguf_id(const GgufFile& file, std::string_view key) {
  const GgufValue* const value = file.find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  return static_cast<std::int32_t>(value->integer(0, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE ModelConfig read_gguf_config(const GgufFile& file) {
  const detail::GgufFields fields(file);
  const Family& family = detail::gguf_family(file, fields);
  const auto& embedding = file.shape("token_embd.weight");
  require(embedding.size() == 2, file.path(), ": tensor \"token_embd.weight\" has the shape ",
          detail::shape_text(embedding), "; a matrix is expected");
  const GgufValue* const causal = fields.find("attention.causal");
  require(causal == nullptr || causal->flag(), file.path(), ": a model whose tokens see later ones is not supported");
  ModelConfig config = family.read_gguf(fields);
  fields.refuse_unread(detail::harmless_gguf_keys);
  const bool longrope = std::any_of(config.layers.begin(), config.layers.end(), [](const LayerConfig& layer) {
    return layer.rope && layer.rope->scaling == RopeScaling::longrope;
  });
  require(longrope || !file.contains("rope_factors_long.weight"), file.path(), ": longrope (rope_factors_long.weight) ",
          "is not supported for the architecture ", fields.architecture());
  config.family = family.name;
  config.vocabulary = embedding[0];
  config.tied_head = !file.contains("output.weight");
  for (LayerConfig& layer : config.layers) {
    if (layer.rope) {
      layer.rope->pairing = family.gguf.pairing;
    }
  }
  config.bos = detail::find_gguf_id(file, "tokenizer.ggml.bos_token_id");
  for (const std::string_view key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    const auto id = detail::find_gguf_id(file, key);
    if (id && std::find(config.eos.begin(), config.eos.end(), *id) == config.eos.end()) {
      config.eos.push_back(*id);
    }
  }
  config.validate(concat(file.path()));
  return config;
}

}  // namespace ampsft
