// SPDX-License-Identifier: MIT
/// @file
/// Where each parameter of a model lies in a pretrained model's files, and whether all of them are there.
#pragma once

#include <ampsft/core/glob.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/detail/shape.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/model/detail/pretrained_names.hpp>
#include <ampsft/model/pretrained_config.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// Which names a file gives its tensors.
enum class TensorNaming { huggingface, gguf };

/// One parameter and the part of a stored tensor that holds it.
struct TensorSource {
  std::string name;                 ///< the library's, say "blocks.0.attention.q.weight"
  std::vector<Index> shape;         ///< the parameter's: outputs x inputs, or the length of a vector
  std::string source;               ///< the stored tensor's name
  std::vector<Index> source_shape;  ///< what the stored tensor must have
  bool transposed = false;          ///< stored as inputs x outputs (GPT-2's Conv1D)
  Index first = 0;                  ///< first row, or element of a vector, in the stored tensor once it is transposed
};

namespace detail {

[[nodiscard]] inline std::vector<Index> source_shape_of(const TensorSource& tensor, const StemRule& rule) {
  std::vector<Index> shape = tensor.shape;
  shape[0] *= rule.part >= 0 ? 3 : 1;
  if (tensor.transposed) {
    std::swap(shape[0], shape[1]);
  }
  return shape;
}

}  // namespace detail

/// Where the parameters of a model of this config lie, in the order of the computation; a tied LM head is left out.
/// `prefix` stands before all names of a Hugging Face model but the head's: see `huggingface_prefix`.
[[nodiscard]] inline std::vector<TensorSource> tensor_sources(const PretrainedConfig& config, TensorNaming naming,
                                                              std::string_view prefix = "") {
  const bool gguf = naming == TensorNaming::gguf;
  const bool gpt2 = config.positions == PositionKind::learned;
  const std::span<const detail::StemRule> rules = detail::stem_rules(gguf, gpt2);
  const std::string_view block = gguf ? "blk." : gpt2 ? "h." : "layers.";
  std::vector<TensorSource> all;
  detail::for_each_parameter(config, [&](Index layer, std::string_view stem, std::string_view suffix,
                                         std::vector<Index> shape) {
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const auto& r) { return r.ours == stem; });
    require(rule != rules.end(), "a model with ", stem, " has no names in ", gguf ? "GGUF" : "Hugging Face", " files");
    TensorSource tensor;
    tensor.name = layer >= 0 ? concat("blocks.", layer, '.', stem, '.', suffix) : concat(stem, '.', suffix);
    tensor.source = layer >= 0 ? concat(prefix, block, layer, '.', rule->theirs, '.', suffix)
                               : concat(stem == "lm_head" ? "" : prefix, rule->theirs, '.', suffix);
    tensor.shape = std::move(shape);
    tensor.transposed = rule->transposed && tensor.shape.size() == 2;
    tensor.first = rule->part >= 0 ? rule->part * tensor.shape[0] : 0;
    tensor.source_shape = detail::source_shape_of(tensor, *rule);
    all.push_back(std::move(tensor));
  });
  return all;
}

/// What stands before the names of a Hugging Face model: "model.", "transformer." or nothing, as its tensors tell.
[[nodiscard]] inline std::string huggingface_prefix(const ModelTensors& tensors) {
  for (const std::string_view prefix : {"model.", "transformer."}) {
    if (std::any_of(tensors.names().begin(), tensors.names().end(),
                    [&](const std::string& name) { return name.starts_with(prefix); })) {
      return std::string(prefix);
    }
  }
  return "";
}

/// Throws `Error`, beginning with `source`, that names the first tensor which is missing, has another shape, or belongs
/// to no parameter. Extra ones that are known to carry nothing are passed over: masks and frequencies that older
/// checkpoints stored, and the head of a model whose head is tied.
template <class ShapeOf>
void check_tensors(const std::vector<TensorSource>& sources, const std::vector<std::string>& names, ShapeOf&& shape_of,
                   const std::string& source) {
  constexpr std::array<std::string_view, 5> carry_nothing{"*attn.bias", "*attn.masked_bias", "*rotary_emb.inv_freq",
                                                          "lm_head.weight", "rope_freqs.weight"};
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

/// The sources of a model's parameters in a GGUF file, all checked.
[[nodiscard]] inline std::vector<TensorSource> find_tensors(const PretrainedConfig& config, const GgufFile& file) {
  auto sources = tensor_sources(config, TensorNaming::gguf);
  check_tensors(
      sources, file.names(), [&](const std::string& name) { return file.shape(name); }, concat(file.path()));
  return sources;
}

/// The sources of a model's parameters in safetensors files, all checked.
[[nodiscard]] inline std::vector<TensorSource> find_tensors(const PretrainedConfig& config,
                                                            const ModelTensors& tensors) {
  require(!tensors.files().empty(), "the model has no tensors");
  auto sources = tensor_sources(config, TensorNaming::huggingface, huggingface_prefix(tensors));
  check_tensors(
      sources, tensors.names(), [&](const std::string& name) { return tensors.file(name).entry(name).shape; },
      concat(tensors.files().front().path().parent_path()));
  return sources;
}

}  // namespace ampsft
