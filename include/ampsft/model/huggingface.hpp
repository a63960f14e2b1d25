// SPDX-License-Identifier: MIT
/// @file
/// The architecture of a model in a Hugging Face folder, from its config.json.
#pragma once

#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/model/pretrained_config.hpp>
#include <ampsft/io/read_text.hpp>

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
[[nodiscard]] inline std::string_view huggingface_architecture(const JsonFields& config) {
  std::string named;
  const nlohmann::json* const list = config.find("architectures");
  if (list != nullptr && list->is_array() && !list->empty() && list->front().is_string()) {
    named = list->front().get<std::string>();
  } else {
    named = config.text("model_type");
  }
  std::string supported;
  for (const auto& [name, type] : huggingface_architectures) {
    if (named == name || named == type) {
      return name;
    }
    supported.append(supported.empty() ? "" : ", ").append(name);
  }
  fail(config.source(), ": the architecture ", quoted(named), " is not supported; supported are ", supported);
}

/// Both layouts: `rope_theta` and `rope_scaling`, and transformers 5's `rope_parameters` for all of it.
[[nodiscard]] inline RotaryFacts read_rotary(const JsonFields& config, Index context) {
  RotaryFacts rotary;
  const bool together = config.contains("rope_parameters");
  rotary.theta = config.number("rope_theta", rotary.theta);
  if (!together && !config.contains("rope_scaling")) {
    return rotary;
  }
  const JsonFields scaling = config.object(together ? "rope_parameters" : "rope_scaling");
  rotary.theta = scaling.number("rope_theta", rotary.theta);
  require(scaling.number("partial_rotary_factor", 1) == 1, scaling.source(),
          ": partly rotated heads are not supported");
  const std::string kind = scaling.text("rope_type", scaling.text("type", "default"));
  if (kind == "default") {
    return rotary;
  }
  rotary.factor = scaling.number("factor");
  if (kind == "linear") {
    rotary.scaling = RotaryScaling::linear;
  } else if (kind == "llama3") {
    rotary.scaling = RotaryScaling::llama3;
    rotary.low_frequency_factor = scaling.number("low_freq_factor");
    rotary.high_frequency_factor = scaling.number("high_freq_factor");
    require(rotary.low_frequency_factor > 0 && rotary.high_frequency_factor > rotary.low_frequency_factor,
            scaling.source(), ": the frequency factors must be positive and low_freq_factor the smaller one");
    rotary.original_context = scaling.integer("original_max_position_embeddings");
  } else if (kind == "yarn") {
    rotary.scaling = RotaryScaling::yarn;
    require(!scaling.contains("mscale") && !scaling.contains("mscale_all_dim"), scaling.source(),
            ": yarn with mscale is not supported");
    require(scaling.flag("truncate", true), scaling.source(), ": yarn with \"truncate\": false is not supported");
    rotary.beta_fast = scaling.number("beta_fast", rotary.beta_fast);
    rotary.beta_slow = scaling.number("beta_slow", rotary.beta_slow);
    rotary.attention_factor = scaling.number("attention_factor", yarn_attention_factor(rotary.factor));
    rotary.original_context = scaling.integer("original_max_position_embeddings", context);
  } else {
    fail(scaling.source(), ": the rotary scaling ", quoted(kind),
         " is not supported; supported are default, linear, llama3, yarn");
  }
  return rotary;
}

[[nodiscard]] inline PretrainedConfig read_gpt2_config(const JsonFields& config) {
  PretrainedConfig facts;
  facts.context = config.integer("n_positions");
  facts.width = config.integer("n_embd");
  facts.layers = config.integer("n_layer");
  facts.heads = facts.kv_heads = config.integer("n_head");
  require(facts.width > 0 && facts.heads > 0 && facts.width % facts.heads == 0, config.source(), ": n_embd ",
          facts.width, " does not split into n_head ", facts.heads, " heads");
  facts.head_width = facts.width / facts.heads;
  facts.mlp_width = config.integer("n_inner", 4 * std::min(facts.width, Index{1} << 30));
  facts.norm = NormKind::layer;
  facts.norm_epsilon = config.number("layer_norm_epsilon");
  facts.positions = PositionKind::learned;
  const std::string activation = config.text("activation_function");
  require(activation == "gelu_new" || activation == "gelu_pytorch_tanh" || activation == "gelu", config.source(),
          ": the activation ", quoted(activation),
          " is not supported; supported are gelu_new, gelu_pytorch_tanh, gelu");
  facts.activation = activation == "gelu" ? Activation::gelu_erf : Activation::gelu_tanh;
  facts.tied_head = config.flag("tie_word_embeddings", true);
  facts.attention_bias = facts.attention_output_bias = facts.mlp_bias = true;
  require(config.flag("scale_attn_weights", true) && !config.flag("scale_attn_by_inverse_layer_idx", false) &&
              !config.flag("add_cross_attention", false),
          config.source(), ": only plain GPT-2 attention is supported: scale_attn_weights, without ",
          "scale_attn_by_inverse_layer_idx and add_cross_attention");
  return facts;
}

/// Every layer must attend to everything before it.
inline void require_full_attention(const JsonFields& config, Index context, bool mistral) {
  if (const nlohmann::json* const types = config.find("layer_types")) {
    require(types->is_array() &&
                std::all_of(types->begin(), types->end(), [](const auto& type) { return type == "full_attention"; }),
            config.source(), ": layers other than \"full_attention\" are not supported");
  }
  if (config.flag("use_sliding_window", mistral)) {
    constexpr Index mistral_window = 4096;  // of a file that does not say
    const Index window =
        config.integer("sliding_window", mistral && !config.is_null("sliding_window") ? mistral_window : context);
    require(window >= context, config.source(), ": attention with a sliding window of ", window,
            " is not supported; where the context of ", context, " may shrink to it, set max_position_embeddings so");
  }
}

[[nodiscard]] inline PretrainedConfig read_llama_config(const JsonFields& config, std::string_view architecture) {
  PretrainedConfig facts;
  facts.context = config.integer("max_position_embeddings");
  facts.width = config.integer("hidden_size");
  facts.layers = config.integer("num_hidden_layers");
  facts.heads = config.integer("num_attention_heads");
  facts.kv_heads = config.integer("num_key_value_heads", facts.heads);
  require(facts.heads > 0, config.source(), ": \"num_attention_heads\" must be positive, not ", facts.heads);
  if (config.contains("head_dim")) {
    facts.head_width = config.integer("head_dim");
  } else {
    require(facts.width % facts.heads == 0, config.source(), ": the width ", facts.width, " does not split into ",
            facts.heads, " heads, and \"head_dim\" is missing");
    facts.head_width = facts.width / facts.heads;
  }
  facts.mlp_width = config.integer("intermediate_size");
  facts.norm_epsilon = config.number("rms_norm_eps");
  require(config.number("partial_rotary_factor", 1) == 1, config.source(), ": partly rotated heads are not supported");
  facts.rotary = read_rotary(config, facts.context);
  const std::string activation = config.text("hidden_act", "silu");
  require(activation == "silu" || activation == "swish", config.source(), ": the activation ", quoted(activation),
          " is not supported; supported is silu");
  facts.tied_head = config.flag("tie_word_embeddings", false);
  const bool qwen2 = architecture == "Qwen2ForCausalLM";
  facts.attention_bias = qwen2 || config.flag("attention_bias", false);
  facts.attention_output_bias = !qwen2 && config.flag("attention_bias", false);
  facts.mlp_bias = config.flag("mlp_bias", false);
  facts.qk_norm = architecture == "Qwen3ForCausalLM";
  require_full_attention(config, facts.context, architecture == "MistralForCausalLM");
  return facts;
}

}  // namespace detail

/// The facts of `folder/config.json`; end-of-text ids come from `generation_config.json` where there is one.
///
/// Throws `Error` with the file for a missing or broken one, an architecture that is not supported (with the list of
/// those that are), and for whatever would change the computation and is not supported: quantised weights, sliding
/// windows, other rotary scalings and activations.
[[nodiscard]] inline PretrainedConfig read_huggingface_config(const std::filesystem::path& folder) {
  constexpr int depth = 8;
  const std::filesystem::path path = folder / "config.json";
  const std::string source = concat(path);
  const nlohmann::json root = parse_json(read_text(path), source, depth);
  const detail::JsonFields config(root, source);
  const std::string_view architecture = detail::huggingface_architecture(config);
  require(!config.contains("quantization_config"), source, ": its weights are quantised (\"quantization_config\"), ",
          "which is not supported in safetensors files; use the original weights, or a GGUF file");
  PretrainedConfig facts = architecture == "GPT2LMHeadModel" ? detail::read_gpt2_config(config)
                                                             : detail::read_llama_config(config, architecture);
  facts.architecture = architecture;
  facts.vocabulary = config.integer("vocab_size");
  if (const auto bos = config.ids("bos_token_id"); !bos.empty()) {
    facts.bos = bos.front();
  }
  facts.eos = config.ids("eos_token_id");
  const std::filesystem::path generation = folder / "generation_config.json";
  if (std::error_code ignored; std::filesystem::exists(generation, ignored)) {
    const nlohmann::json defaults = parse_json(read_text(generation), concat(generation), depth);
    if (const auto eos = detail::JsonFields(defaults, concat(generation)).ids("eos_token_id"); !eos.empty()) {
      facts.eos = eos;
    }
  }
  facts.validate(source);
  return facts;
}

}  // namespace ampsft
