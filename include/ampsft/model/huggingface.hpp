// SPDX-License-Identifier: MIT
/// @file
/// The architecture of a model in a Hugging Face folder, from its config.json.
#pragma once

#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/model/pretrained_config.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ampsft {

namespace detail {

/// Class of the model and its `model_type`, which stands in where a file names no class.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 5> huggingface_architectures{
    {{"GPT2LMHeadModel", "gpt2"},
     {"LlamaForCausalLM", "llama"},
     {"MistralForCausalLM", "mistral"},
     {"Qwen2ForCausalLM", "qwen2"},
     {"Qwen3ForCausalLM", "qwen3"}}};

/// The class that the file names; throws, with the list of what is supported, for any other.
[[nodiscard]] inline std::string_view huggingface_architecture(const JsonFields& fields) {
  std::string named;
  const nlohmann::json* const list = fields.find("architectures");
  if (list != nullptr && list->is_array() && !list->empty() && list->front().is_string()) {
    named = list->front().get<std::string>();
  } else {
    named = fields.text("model_type");
  }
  std::string supported;
  for (const auto& [name, type] : huggingface_architectures) {
    if (named == name || named == type) {
      return name;
    }
    supported.append(supported.empty() ? "" : ", ").append(name);
  }
  fail(fields.source(), ": the architecture ", quoted(named), " is not supported; supported are ", supported);
}

/// Both layouts: `rope_theta` and `rope_scaling`, and transformers 5's `rope_parameters` for all of it.
[[nodiscard]] inline RopeConfig read_rope(const JsonFields& fields, Index context) {
  RopeConfig rope;
  const bool together = fields.contains("rope_parameters");
  rope.theta = fields.number("rope_theta", rope.theta);
  if (!together && !fields.contains("rope_scaling")) {
    return rope;
  }
  const JsonFields scaling = fields.object(together ? "rope_parameters" : "rope_scaling");
  rope.theta = scaling.number("rope_theta", rope.theta);
  require(scaling.number("partial_rotary_factor", 1) == 1, scaling.source(),
          ": partly rotated heads are not supported");
  const std::string kind = scaling.text("rope_type", scaling.text("type", "default"));
  if (kind == "default") {
    return rope;
  }
  rope.factor = scaling.number("factor");
  if (kind == "linear") {
    rope.scaling = RopeScaling::linear;
  } else if (kind == "llama3") {
    rope.scaling = RopeScaling::llama3;
    rope.low_frequency_factor = scaling.number("low_freq_factor");
    rope.high_frequency_factor = scaling.number("high_freq_factor");
    require(rope.low_frequency_factor > 0 && rope.high_frequency_factor > rope.low_frequency_factor, scaling.source(),
            ": the frequency factors must be positive and low_freq_factor the smaller one");
    rope.original_context = scaling.integer("original_max_position_embeddings");
  } else if (kind == "yarn") {
    rope.scaling = RopeScaling::yarn;
    require(!scaling.contains("mscale") && !scaling.contains("mscale_all_dim"), scaling.source(),
            ": yarn with mscale is not supported");
    require(scaling.flag("truncate", true), scaling.source(), ": yarn with \"truncate\": false is not supported");
    rope.beta_fast = scaling.number("beta_fast", rope.beta_fast);
    rope.beta_slow = scaling.number("beta_slow", rope.beta_slow);
    rope.attention_factor = scaling.number("attention_factor", yarn_attention_factor(rope.factor));
    rope.original_context = scaling.integer("original_max_position_embeddings", context);
  } else {
    fail(scaling.source(), ": the rotary scaling ", quoted(kind),
         " is not supported; supported are default, linear, llama3, yarn");
  }
  return rope;
}

[[nodiscard]] inline PretrainedConfig read_gpt2_config(const JsonFields& fields) {
  PretrainedConfig config;
  config.context = fields.integer("n_positions");
  config.width = fields.integer("n_embd");
  config.layers = fields.integer("n_layer");
  config.heads = config.kv_heads = fields.integer("n_head");
  require(config.width > 0 && config.heads > 0 && config.width % config.heads == 0, fields.source(), ": n_embd ",
          config.width, " does not split into n_head ", config.heads, " heads");
  config.head_dim = config.width / config.heads;
  config.intermediate_size = fields.integer("n_inner", 4 * std::min(config.width, Index{1} << 30));
  config.norm = NormKind::layer;
  config.norm_epsilon = fields.number("layer_norm_epsilon");
  config.positions = PositionKind::learned;
  const std::string activation = fields.text("activation_function");
  require(activation == "gelu_new" || activation == "gelu_pytorch_tanh" || activation == "gelu", fields.source(),
          ": the activation ", quoted(activation),
          " is not supported; supported are gelu_new, gelu_pytorch_tanh, gelu");
  config.activation = activation == "gelu" ? Activation::gelu_erf : Activation::gelu_tanh;
  config.tied_head = fields.flag("tie_word_embeddings", true);
  config.attention_bias = config.attention_output_bias = config.mlp_bias = true;
  require(fields.flag("scale_attn_weights", true) && !fields.flag("scale_attn_by_inverse_layer_idx", false) &&
              !fields.flag("add_cross_attention", false),
          fields.source(), ": only plain GPT-2 attention is supported: scale_attn_weights, without ",
          "scale_attn_by_inverse_layer_idx and add_cross_attention");
  return config;
}

/// Every layer must attend to everything before it.
inline void require_full_attention(const JsonFields& fields, Index context, bool mistral) {
  if (const nlohmann::json* const types = fields.find("layer_types")) {
    require(types->is_array() &&
                std::all_of(types->begin(), types->end(), [](const auto& type) { return type == "full_attention"; }),
            fields.source(), ": layers other than \"full_attention\" are not supported");
  }
  if (fields.flag("use_sliding_window", mistral)) {
    constexpr Index mistral_window = 4096;  // of a file that does not say
    const Index window =
        fields.integer("sliding_window", mistral && !fields.is_null("sliding_window") ? mistral_window : context);
    require(window >= context, fields.source(), ": attention with a sliding window of ", window,
            " is not supported; where the context of ", context, " may shrink to it, set max_position_embeddings so");
  }
}

[[nodiscard]] inline PretrainedConfig read_llama_config(const JsonFields& fields, std::string_view architecture) {
  PretrainedConfig config;
  config.context = fields.integer("max_position_embeddings");
  config.width = fields.integer("hidden_size");
  config.layers = fields.integer("num_hidden_layers");
  config.heads = fields.integer("num_attention_heads");
  config.kv_heads = fields.integer("num_key_value_heads", config.heads);
  require(config.heads > 0, fields.source(), ": \"num_attention_heads\" must be positive, not ", config.heads);
  if (fields.contains("head_dim")) {
    config.head_dim = fields.integer("head_dim");
  } else {
    require(config.width % config.heads == 0, fields.source(), ": the width ", config.width, " does not split into ",
            config.heads, " heads, and \"head_dim\" is missing");
    config.head_dim = config.width / config.heads;
  }
  config.intermediate_size = fields.integer("intermediate_size");
  config.norm_epsilon = fields.number("rms_norm_eps");
  require(fields.number("partial_rotary_factor", 1) == 1, fields.source(), ": partly rotated heads are not supported");
  config.rope = read_rope(fields, config.context);
  const std::string activation = fields.text("hidden_act", "silu");
  require(activation == "silu" || activation == "swish", fields.source(), ": the activation ", quoted(activation),
          " is not supported; supported is silu");
  config.tied_head = fields.flag("tie_word_embeddings", false);
  const bool qwen2 = architecture == "Qwen2ForCausalLM";
  config.attention_bias = qwen2 || fields.flag("attention_bias", false);
  config.attention_output_bias = !qwen2 && fields.flag("attention_bias", false);
  config.mlp_bias = fields.flag("mlp_bias", false);
  config.qk_norm = architecture == "Qwen3ForCausalLM";
  require_full_attention(fields, config.context, architecture == "MistralForCausalLM");
  return config;
}

}  // namespace detail

/// The config of `folder/config.json`; end-of-text ids come from `generation_config.json` where there is one.
///
/// Throws `Error` with the file for a missing or broken one, an architecture that is not supported (with the list of
/// those that are), and for whatever would change the computation and is not supported: quantised weights, sliding
/// windows, other rotary scalings and activations.
[[nodiscard]] inline PretrainedConfig read_huggingface_config(const std::filesystem::path& folder) {
  constexpr int depth = 8;
  const std::filesystem::path path = folder / "config.json";
  const std::string source = concat(path);
  const nlohmann::json root = parse_json(read_text(path), source, depth);
  const detail::JsonFields fields(root, source);
  const std::string_view architecture = detail::huggingface_architecture(fields);
  require(!fields.contains("quantization_config"), source, ": its weights are quantised (\"quantization_config\"), ",
          "which is not supported in safetensors files; use the original weights, or a GGUF file");
  PretrainedConfig config = architecture == "GPT2LMHeadModel" ? detail::read_gpt2_config(fields)
                                                              : detail::read_llama_config(fields, architecture);
  config.architecture = architecture;
  config.vocabulary = fields.integer("vocab_size");
  if (const auto bos = fields.ids("bos_token_id"); !bos.empty()) {
    config.bos = bos.front();
  }
  config.eos = fields.ids("eos_token_id");
  const std::filesystem::path generation = folder / "generation_config.json";
  if (std::error_code ignored; std::filesystem::exists(generation, ignored)) {
    const nlohmann::json defaults = parse_json(read_text(generation), concat(generation), depth);
    if (const auto eos = detail::JsonFields(defaults, concat(generation)).ids("eos_token_id"); !eos.empty()) {
      config.eos = eos;
    }
  }
  config.validate(source);
  return config;
}

}  // namespace ampsft
