// SPDX-License-Identifier: MIT
/// @file
/// How the tensors of a family's files are found.
#pragma once

#include <ampsft/core/glob.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/detail/shape.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/model/families.hpp>
#include <ampsft/model/parameter_shapes.hpp>
#include <ampsft/model/tensor_sources.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE const TensorNames& names_of_family(const ModelConfig& config, TensorNaming naming) {
  const Family& family = family_of(config);
  return naming == TensorNaming::gguf ? family.gguf : family.huggingface;
}

AMPSFT_HEADER_INLINE std::vector<TensorSource> tensor_sources(const ModelConfig& config, TensorNaming naming,
                                                              std::string_view prefix) {
  const TensorNames& names = names_of_family(config, naming);
  std::vector<TensorSource> all;
  std::map<std::string, Index> fused;  // rows of each stored tensor so far
  for_each_parameter(config, [&](Index layer, std::string_view stem, std::string_view suffix,
                                 std::vector<Index> shape) {
    const auto rule =
        std::find_if(names.rules.begin(), names.rules.end(), [&](const auto& r) { return r.ours == stem; });
    require(rule != names.rules.end(), "a model with ", stem, " has no names in files of the family ", config.family);
    TensorSource tensor;
    tensor.name = layer >= 0 ? concat("blocks.", layer, '.', stem, '.', suffix) : concat(stem, '.', suffix);
    tensor.source = layer >= 0 ? concat(prefix, names.block, layer, '.', rule->theirs, '.', suffix)
                               : concat(stem == "lm_head" ? "" : prefix, rule->theirs, '.', suffix);
    tensor.shape = std::move(shape);
    tensor.transposed = rule->transposed && tensor.shape.size() == 2;
    tensor.offset = rule->offset;
    tensor.first = std::exchange(fused[tensor.source], fused[tensor.source] + tensor.shape[0]);
    all.push_back(std::move(tensor));
  });
  for (TensorSource& tensor : all) {
    tensor.source_shape = tensor.shape;
    tensor.source_shape[0] = fused[tensor.source];
    if (tensor.transposed) {
      std::swap(tensor.source_shape[0], tensor.source_shape[1]);
    }
  }
  return all;
}

AMPSFT_HEADER_INLINE std::vector<TensorSource> tensor_sources(const ModelConfig& config, TensorNaming naming) {
  return tensor_sources(config, naming, names_of_family(config, naming).prefix);
}

/// Throws `Error`, beginning with `source`, that names the first tensor which is missing, has another shape, or belongs
/// to no parameter. Extra ones that are known to carry nothing are passed over: masks and frequencies that older
/// checkpoints stored, the head of a model whose head is tied, and what the config has taken in already.
template <class ShapeOf>
void check_tensors(const std::vector<TensorSource>& sources, const std::vector<std::string>& names, ShapeOf&& shape_of,
                   const std::string& source) {
  constexpr std::array<std::string_view, 6> carry_nothing{"*attn.bias",           "*attn.masked_bias",
                                                          "*rotary_emb.inv_freq", "lm_head.weight",
                                                          "rope_freqs.weight",    "rope_factors_*.weight"};
  const std::set<std::string_view> present(names.begin(), names.end());
  std::set<std::string_view> wanted;
  for (const TensorSource& tensor : sources) {
    require(present.contains(tensor.source), source, ": tensor ", detail::quoted(tensor.source), " is missing, which ",
            tensor.name, " needs; ", detail::suggest_names(tensor.source, names));
    const std::vector<Index> shape = shape_of(tensor.source);
    require(shape == tensor.source_shape, source, ": tensor ", detail::quoted(tensor.source), " has the shape ",
            detail::shape_text(shape), ", but ", tensor.name, " needs ", detail::shape_text(tensor.source_shape));
    wanted.insert(tensor.source);
  }
  for (const std::string& name : names) {
    const bool known =
        wanted.contains(name) || std::any_of(carry_nothing.begin(), carry_nothing.end(),
                                             [&](std::string_view pattern) { return matches_glob(pattern, name); });
    require(known, source, ": tensor ", detail::quoted(name), " belongs to no parameter of the model; ",
            "it may be another architecture than its config says");
  }
}

AMPSFT_HEADER_INLINE std::vector<TensorSource> find_tensors(const ModelConfig& config, const GgufFile& file) {
  auto sources = tensor_sources(config, TensorNaming::gguf);
  check_tensors(
      sources, file.names(), [&](const std::string& name) { return file.shape(name); }, concat(file.path()));
  return sources;
}

AMPSFT_HEADER_INLINE ModelTensors open_folder_tensors(const std::filesystem::path& folder) {
  std::error_code ignored;
  const std::filesystem::path whole = folder / "model.safetensors";
  return ModelTensors(std::filesystem::exists(whole, ignored) ? whole : folder);
}

AMPSFT_HEADER_INLINE std::string huggingface_prefix(const ModelConfig& config, const ModelTensors& tensors) {
  const std::string prefix(names_of_family(config, TensorNaming::huggingface).prefix);
  const auto& names = tensors.names();
  const bool has = std::any_of(names.begin(), names.end(), [&](const auto& name) { return name.starts_with(prefix); });
  return has ? prefix : "";
}

AMPSFT_HEADER_INLINE std::vector<TensorSource> find_tensors(const ModelConfig& config, const ModelTensors& tensors) {
  require(!tensors.files().empty(), "the model has no tensors");
  auto sources = tensor_sources(config, TensorNaming::huggingface, huggingface_prefix(config, tensors));
  check_tensors(
      sources, tensors.names(), [&](const std::string& name) { return tensors.file(name).entry(name).shape; },
      concat(tensors.files().front().path().parent_path()));
  return sources;
}

}  // namespace ampsft
