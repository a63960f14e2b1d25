// SPDX-License-Identifier: MIT
/// @file
/// The config.json of a Hugging Face folder, from the config of a model that had none.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/dtype.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/model/huggingface.hpp>
#include <ampsft/model/pretrained_config.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ampsft {

namespace detail {

/// The name that config.json has for a format of tensors.
[[nodiscard]] constexpr std::string_view torch_dtype(DType dtype) noexcept {
  return dtype == DType::bf16  ? "bfloat16"
         : dtype == DType::f16 ? "float16"
         : dtype == DType::f64 ? "float64"
                               : "float32";
}

/// Class and `model_type` of an architecture, whichever file named it.
[[nodiscard]] inline std::pair<std::string_view, std::string_view> huggingface_class(const PretrainedConfig& config) {
  for (const auto& known : huggingface_architectures) {
    if (config.architecture == known.first || config.architecture == known.second) {
      return known;
    }
  }
  fail("the architecture ", quoted(config.architecture), " has no class in Hugging Face's transformers");
}

[[nodiscard]] inline nlohmann::json rope_scaling_json(const RopeConfig& rope) {
  switch (rope.scaling) {
    case RopeScaling::linear:
      return {{"rope_type", "linear"}, {"factor", rope.factor}};
    case RopeScaling::llama3:
      return {{"rope_type", "llama3"},
              {"factor", rope.factor},
              {"low_freq_factor", rope.low_frequency_factor},
              {"high_freq_factor", rope.high_frequency_factor},
              {"original_max_position_embeddings", rope.original_context}};
    case RopeScaling::yarn:
      return {{"rope_type", "yarn"},
              {"factor", rope.factor},
              {"beta_fast", rope.beta_fast},
              {"beta_slow", rope.beta_slow},
              {"attention_factor", rope.attention_factor},
              {"original_max_position_embeddings", rope.original_context}};
    case RopeScaling::none:
      break;
  }
  return nullptr;
}

[[nodiscard]] inline nlohmann::json gpt2_config_json(const PretrainedConfig& config) {
  return {{"n_positions", config.context},
          {"n_embd", config.width},
          {"n_layer", config.layers},
          {"n_head", config.heads},
          {"n_inner", config.intermediate_size},
          {"layer_norm_epsilon", config.norm_epsilon},
          {"activation_function", config.activation == Activation::gelu_erf ? "gelu" : "gelu_new"}};
}

[[nodiscard]] inline nlohmann::json llama_config_json(const PretrainedConfig& config, std::string_view type) {
  require(!config.rope.frequency_factors_in_file, "the model's file holds frequency factors ",
          "(rope_freqs.weight), which config.json has no place for; take the model's original folder instead");
  const bool qwen2 = type == "qwen2";
  require(config.attention_output_bias == (qwen2 ? false : config.attention_bias) && config.attention_bias >= qwen2,
          "the class of ", type, " models has no biases of q, k, v and of the attention's output as this model does");
  require(config.qk_norm == (type == "qwen3") && (type == "llama" || !config.mlp_bias), "the class of ", type,
          " models has no normalised heads of q and k, or biases of the MLP, as this model does");
  nlohmann::json json = {{"max_position_embeddings", config.context},
                         {"hidden_size", config.width},
                         {"num_hidden_layers", config.layers},
                         {"num_attention_heads", config.heads},
                         {"num_key_value_heads", config.kv_heads},
                         {"head_dim", config.head_dim},
                         {"intermediate_size", config.intermediate_size},
                         {"rms_norm_eps", config.norm_epsilon},
                         {"hidden_act", "silu"},
                         {"rope_theta", config.rope.theta},
                         {"rope_scaling", rope_scaling_json(config.rope)}};
  if (type == "llama" || type == "qwen3") {
    json["attention_bias"] = config.attention_bias;
  }
  if (type == "llama") {
    json["mlp_bias"] = config.mlp_bias;
  }
  if (type != "llama") {
    json["sliding_window"] = nullptr;
  }
  return json;
}

}  // namespace detail

/// What config.json says of a model, so that transformers and `read_huggingface_config` compute what `config` means;
/// `dtype` is that of the tensors beside it.
///
/// Throws `Error` for what such a file cannot say: an architecture without a class there, frequency factors of rope
/// frequencies that a GGUF file carries, and biases that the class does not have.
[[nodiscard]] inline nlohmann::json huggingface_config_json(const PretrainedConfig& config, DType dtype) {
  const auto [name, type] = detail::huggingface_class(config);
  nlohmann::json json = config.positions == PositionKind::learned ? detail::gpt2_config_json(config)
                                                                  : detail::llama_config_json(config, type);
  json["architectures"] = nlohmann::json::array({name});
  json["model_type"] = type;
  json["vocab_size"] = config.vocabulary;
  json["tie_word_embeddings"] = config.tied_head;
  json["torch_dtype"] = detail::torch_dtype(dtype);
  if (config.bos) {
    json["bos_token_id"] = *config.bos;
  }
  if (config.eos.size() == 1) {
    json["eos_token_id"] = config.eos.front();
  } else if (!config.eos.empty()) {
    json["eos_token_id"] = config.eos;
  }
  return json;
}

}  // namespace ampsft
