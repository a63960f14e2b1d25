// SPDX-License-Identifier: MIT
/// @file
/// A whole dense model in one safetensors file, its config in the metadata.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/nn/parameter_file.hpp>
#include <ampsft/nn/transformer.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace ampsft {
namespace detail {

inline nlohmann::json to_json(const TransformerConfig& config) {
  return {{"vocabulary", config.vocabulary},
          {"context", config.context},
          {"width", config.width},
          {"layers", config.layers},
          {"heads", config.heads},
          {"mlp_width", config.mlp_width},
          {"tied_head", config.tied_head},
          {"linear_bias", config.linear_bias},
          {"norm_bias", config.norm_bias},
          {"head_bias", config.head_bias},
          {"activation", config.activation == GeluForm::tanh ? "gelu_tanh" : "gelu_erf"},
          {"norm_epsilon", config.norm_epsilon},
          {"dropout", config.dropout}};
}

inline TransformerConfig transformer_config(const nlohmann::json& json) {
  TransformerConfig config;
  json.at("vocabulary").get_to(config.vocabulary);
  json.at("context").get_to(config.context);
  json.at("width").get_to(config.width);
  json.at("layers").get_to(config.layers);
  json.at("heads").get_to(config.heads);
  json.at("mlp_width").get_to(config.mlp_width);
  json.at("tied_head").get_to(config.tied_head);
  json.at("linear_bias").get_to(config.linear_bias);
  json.at("norm_bias").get_to(config.norm_bias);
  json.at("head_bias").get_to(config.head_bias);
  const auto activation = json.at("activation").get<std::string>();
  require(activation == "gelu_tanh" || activation == "gelu_erf", "unknown activation '", activation, "'");
  config.activation = activation == "gelu_tanh" ? GeluForm::tanh : GeluForm::erf;
  json.at("norm_epsilon").get_to(config.norm_epsilon);
  json.at("dropout").get_to(config.dropout);
  return config;
}

}  // namespace detail

/// Writes a model whose weights are all dense. Throws `Error` for another, or if the file cannot be written.
template <Scalar T>
void save_transformer(const std::filesystem::path& path, Transformer<T>& model) {
  for (const auto* weight : model.weights()) {
    require(weight->dense() != nullptr, weight->name(), " is parameterised as ", weight->kind(),
            "; only a dense model can be saved whole");
  }
  save_parameters(path, model.parameters(),
                  {{"format", "pt"}, {"ampsft.transformer", detail::to_json(model.config()).dump()}});
}

/// Reads a model that `save_transformer` wrote, in any float type.
///
/// Throws `Error` if the file is no such model, is corrupted, or its tensors do not fit its config; the sizes in the
/// config are checked against the file before memory is taken.
template <Scalar T>
[[nodiscard]] Transformer<T> load_transformer(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  const auto text = file.metadata().find("ampsft.transformer");
  require(text != file.metadata().end(), path, " holds no config of a transformer in its metadata");
  TransformerConfig config;
  try {
    config = detail::transformer_config(nlohmann::json::parse(text->second));
  } catch (const nlohmann::json::exception& error) {
    fail(path, ": its config cannot be read (", error.what(), ")");
  }
  config.validate();
  const auto holds = [&](const std::string& name, Index rows, Index cols) {
    require(file.contains(name) && file.info(name).shape == std::vector<Index>{rows, cols}, path,
            ": its config does not fit its tensors; it needs ", name, " of ", rows, " x ", cols);
  };
  holds("token_embedding.weight", config.vocabulary, config.width);
  holds("position_embedding.weight", config.context, config.width);
  for (Index i = 0; i < config.layers; ++i) {  // stops at the first block that is missing
    holds(concat("blocks.", i, ".attention.q.weight"), config.width, config.width);
    holds(concat("blocks.", i, ".mlp.up.weight"), config.mlp_width, config.width);
  }
  Transformer<T> model(config);
  load_parameters(file, model.parameters());
  return model;
}

AMPSFT_INSTANCE(void save_transformer(const std::filesystem::path&, Transformer<float>&));
AMPSFT_INSTANCE(void save_transformer(const std::filesystem::path&, Transformer<double>&));
AMPSFT_INSTANCE(Transformer<float> load_transformer(const std::filesystem::path&));
AMPSFT_INSTANCE(Transformer<double> load_transformer(const std::filesystem::path&));

}  // namespace ampsft
