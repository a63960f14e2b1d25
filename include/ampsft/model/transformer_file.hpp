// SPDX-License-Identifier: MIT
/// @file
/// A whole dense model in one safetensors file, its config in the metadata.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/model/parameter_file.hpp>
#include <ampsft/model/transformer.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace ampsft {
namespace detail {

inline nlohmann::json to_json(const RopeConfig& rope) {
  constexpr std::array scalings{"none", "linear", "llama3", "yarn"};
  return {{"theta", rope.theta},
          {"pairing", rope.pairing == RopePairing::halves ? "halves" : "interleaved"},
          {"scaling", scalings[static_cast<std::size_t>(rope.scaling)]},
          {"factor", rope.factor},
          {"original_context", rope.original_context},
          {"low_frequency_factor", rope.low_frequency_factor},
          {"high_frequency_factor", rope.high_frequency_factor},
          {"beta_fast", rope.beta_fast},
          {"beta_slow", rope.beta_slow},
          {"attention_factor", rope.attention_factor}};
}

inline nlohmann::json to_json(const TransformerConfig& config) {
  constexpr std::array activations{"gelu_tanh", "gelu_erf", "silu"};
  nlohmann::json json{{"vocabulary", config.vocabulary},
                      {"context", config.context},
                      {"width", config.width},
                      {"layers", config.layers},
                      {"heads", config.heads},
                      {"kv_heads", config.kv_heads},
                      {"head_dim", config.head_dim},
                      {"intermediate_size", config.intermediate_size},
                      {"norm", config.norm == NormKind::layer ? "layer" : "rms"},
                      {"positions", config.positions == PositionKind::learned ? "learned" : "rotary"},
                      {"tied_head", config.tied_head},
                      {"attention_bias", config.attention_bias},
                      {"attention_output_bias", config.attention_output_bias},
                      {"mlp_bias", config.mlp_bias},
                      {"norm_bias", config.norm_bias},
                      {"head_bias", config.head_bias},
                      {"qk_norm", config.qk_norm},
                      {"activation", activations[static_cast<std::size_t>(config.activation)]},
                      {"norm_epsilon", config.norm_epsilon},
                      {"dropout", config.dropout}};
  if (config.positions == PositionKind::rotary) {
    json["rotary"] = to_json(config.rope);
    json["frequency_factors"] = config.frequency_factors;
  }
  return json;
}

/// The one of `values` whose name the json holds; throws `Error` for another.
template <class E, std::size_t Count>
[[nodiscard]] E named_value(const nlohmann::json& json, const char* key,
                            const std::array<std::pair<const char*, E>, Count>& values) {
  const auto text = json.at(key).get<std::string>();
  for (const auto& [name, value] : values) {
    if (text == name) {
      return value;
    }
  }
  fail("unknown ", key, " '", text, "'");
}

inline RopeConfig rope_config(const nlohmann::json& json) {
  using Pairing = std::pair<const char*, RopePairing>;
  using Scaling = std::pair<const char*, RopeScaling>;
  RopeConfig rope;
  json.at("theta").get_to(rope.theta);
  rope.pairing =
      named_value(json, "pairing",
                  std::array{Pairing{"halves", RopePairing::halves}, Pairing{"interleaved", RopePairing::interleaved}});
  rope.scaling = named_value(json, "scaling",
                             std::array{Scaling{"none", RopeScaling::none}, Scaling{"linear", RopeScaling::linear},
                                        Scaling{"llama3", RopeScaling::llama3}, Scaling{"yarn", RopeScaling::yarn}});
  json.at("factor").get_to(rope.factor);
  json.at("original_context").get_to(rope.original_context);
  json.at("low_frequency_factor").get_to(rope.low_frequency_factor);
  json.at("high_frequency_factor").get_to(rope.high_frequency_factor);
  json.at("beta_fast").get_to(rope.beta_fast);
  json.at("beta_slow").get_to(rope.beta_slow);
  json.at("attention_factor").get_to(rope.attention_factor);
  return rope;
}

/// Files from before the Llama family hold one `linear_bias` and none of the newer kinds.
inline TransformerConfig transformer_config(const nlohmann::json& json) {
  using Kind = std::pair<const char*, Activation>;
  TransformerConfig config;
  json.at("vocabulary").get_to(config.vocabulary);
  json.at("context").get_to(config.context);
  json.at("width").get_to(config.width);
  json.at("layers").get_to(config.layers);
  json.at("heads").get_to(config.heads);
  json.at("intermediate_size").get_to(config.intermediate_size);
  json.at("tied_head").get_to(config.tied_head);
  json.at("norm_bias").get_to(config.norm_bias);
  json.at("head_bias").get_to(config.head_bias);
  config.activation = named_value(json, "activation",
                                  std::array{Kind{"gelu_tanh", Activation::gelu_tanh},
                                             Kind{"gelu_erf", Activation::gelu_erf}, Kind{"silu", Activation::silu}});
  json.at("norm_epsilon").get_to(config.norm_epsilon);
  json.at("dropout").get_to(config.dropout);
  if (json.contains("linear_bias")) {
    config.attention_bias = config.attention_output_bias = config.mlp_bias = json.at("linear_bias").get<bool>();
    return config;
  }
  json.at("kv_heads").get_to(config.kv_heads);
  json.at("head_dim").get_to(config.head_dim);
  json.at("attention_bias").get_to(config.attention_bias);
  json.at("attention_output_bias").get_to(config.attention_output_bias);
  json.at("mlp_bias").get_to(config.mlp_bias);
  json.at("qk_norm").get_to(config.qk_norm);
  config.norm =
      named_value(json, "norm", std::array{std::pair{"layer", NormKind::layer}, std::pair{"rms", NormKind::rms}});
  config.positions =
      named_value(json, "positions",
                  std::array{std::pair{"learned", PositionKind::learned}, std::pair{"rotary", PositionKind::rotary}});
  if (config.positions == PositionKind::rotary) {
    config.rope = rope_config(json.at("rotary"));
    json.at("frequency_factors").get_to(config.frequency_factors);
  }
  return config;
}

}  // namespace detail

/// Writes a model whose weights are all dense. Throws `Error` for another, or if the file cannot be written.
template <Scalar T>
void save_transformer(const std::filesystem::path& path, Transformer<T>& model) {
  for (const auto* weight : model.weights()) {
    require(weight->own_parameter() != nullptr, weight->name(), " is parameterised as ", weight->kind(),
            "; only a dense model can be saved whole", weight->is_adapted() ? ", so merge it first" : "");
  }
  save_parameters(path, model.parameters(),
                  {{"format", "pt"}, {"ampsft.transformer", json_text(detail::to_json(model.config()))}});
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
    config = detail::transformer_config(parse_json(text->second, concat(path, ": its config"), 4));
  } catch (const nlohmann::json::exception& error) {
    fail(path, ": its config cannot be read (", error.what(), ")");
  }
  config.validate();
  const auto holds = [&](const std::string& name, Index rows, Index cols) {
    require(file.contains(name) && file.info(name).shape == std::vector<Index>{rows, cols}, path,
            ": its config does not fit its tensors; it needs ", name, " of ", rows, " x ", cols);
  };
  holds("token_embedding.weight", config.vocabulary, config.width);
  if (config.positions == PositionKind::learned) {
    holds("position_embedding.weight", config.context, config.width);
  }
  for (Index i = 0; i < config.layers; ++i) {  // stops at the first block that is missing
    holds(concat("blocks.", i, ".attention.q.weight"), config.query_width(), config.width);
    holds(concat("blocks.", i, ".attention.k.weight"), config.key_width(), config.width);
    holds(concat("blocks.", i, ".mlp.up.weight"), config.intermediate_size, config.width);
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
