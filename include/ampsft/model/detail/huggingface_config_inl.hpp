// SPDX-License-Identifier: MIT
/// @file
/// How a config.json is read and written.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/dtype.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/model/families.hpp>
#include <ampsft/model/fields.hpp>
#include <ampsft/model/huggingface_config.hpp>

#include <array>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace ampsft::detail {

/// Members of config.json that do not change what a decoder computes on text: where a file came from, how it is
/// trained or run, and how text is generated, which older files say here.
inline constexpr std::array<std::string_view, 62> harmless_config_members{"_*",
                                                                          "architectures",
                                                                          "attention_dropout",
                                                                          "attn_pdrop",
                                                                          "auto_map",
                                                                          "bad_words_ids",
                                                                          "begin_suppress_tokens",
                                                                          "cache_implementation",
                                                                          "chunk_size_feed_forward",
                                                                          "cross_attention_hidden_size",
                                                                          "diversity_penalty",
                                                                          "do_sample",
                                                                          "dtype",
                                                                          "early_stopping",
                                                                          "embd_pdrop",
                                                                          "encoder_no_repeat_ngram_size",
                                                                          "exponential_decay_length_penalty",
                                                                          "finetuning_task",
                                                                          "gradient_checkpointing",
                                                                          "hidden_dropout*",
                                                                          "id2label",
                                                                          "initializer_*",
                                                                          "is_decoder",
                                                                          "is_encoder_decoder",
                                                                          "is_llama_config",
                                                                          "label2id",
                                                                          "length_penalty",
                                                                          "max_length",
                                                                          "min_length",
                                                                          "model_type",
                                                                          "n_ctx",
                                                                          "n_special",
                                                                          "no_repeat_ngram_size",
                                                                          "num_beam*",
                                                                          "num_return_sequences",
                                                                          "output_*",
                                                                          "predict_special_tokens",
                                                                          "prefix",
                                                                          "pretraining_tp",
                                                                          "problem_type",
                                                                          "pruned_heads",
                                                                          "remove_invalid_values",
                                                                          "reorder_and_upcast_attn",
                                                                          "repetition_penalty",
                                                                          "resid_pdrop",
                                                                          "return_dict*",
                                                                          "summary_*",
                                                                          "suppress_tokens",
                                                                          "task_specific_params",
                                                                          "temperature",
                                                                          "tf_legacy_loss",
                                                                          "tie_encoder_decoder",
                                                                          "tokenizer_class",
                                                                          "top_k",
                                                                          "top_p",
                                                                          "torch_dtype",
                                                                          "torchscript",
                                                                          "transformers*",
                                                                          "typical_p",
                                                                          "unsloth*",
                                                                          "use_*cache",
                                                                          "*_token_id"};

/// The family that the file names; throws, with the list of what is supported, for any other.
[[nodiscard]] inline const Family& huggingface_family(const JsonFields& json) {
  std::string named;
  const nlohmann::json* const list = json.find("architectures");
  const bool by_class = list != nullptr && list->is_array() && !list->empty() && list->front().is_string();
  named = by_class ? list->front().get<std::string>() : json.text("model_type");
  const Family* const family = find_family(by_class ? &Family::huggingface_class : &Family::huggingface_type, named);
  require(family != nullptr || !json.contains("text_config"), json.source(), ": ", quoted(named),
          " is a model of text and other things, whose text part (\"text_config\") cannot be read; take its GGUF file");
  require(family != nullptr, json.source(), ": the architecture ", quoted(named), " is not supported; supported are ",
          family_names(&Family::huggingface_class));
  return *family;
}

/// `config` with what a folder says beside config.json, or by the order of its tensors, as in `like`. Numbers that were
/// taken from each other's reciprocals may differ by rounding.
[[nodiscard]] inline ModelConfig same_but_for_the_file(ModelConfig config, const ModelConfig& like) {
  config.family = like.family;
  config.vocabulary = like.vocabulary;
  config.tied_head = like.tied_head;
  config.bos = like.bos;
  config.eos = like.eos;
  config.dropout = like.dropout;
  config.initial_stddev = like.initial_stddev;
  config.norm_bias = config.norm == NormKind::layer && config.norm_bias;
  for (LayerConfig& layer : config.layers) {
    if (layer.rope) {
      layer.rope->pairing = RopePairing::halves;
      layer.rope->dims = layer.rope->dims == config.head_size() ? 0 : layer.rope->dims;
      layer.rope->original_context = layer.rope->scaling == RopeScaling::linear ? 0 : layer.rope->original_context;
    }
  }
  const auto close = [](double a, double b) { return std::abs(a - b) <= 1e-12 * std::abs(b); };
  const double usual = 1.0 / std::sqrt(static_cast<double>(config.head_size()));
  const double scale = config.attention_scale.value_or(usual);
  if (close(scale, like.attention_scale.value_or(usual))) {
    config.attention_scale = like.attention_scale;
  }
  if (close(config.logits_multiplier, like.logits_multiplier)) {
    config.logits_multiplier = like.logits_multiplier;
  }
  return config;
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE ModelConfig read_huggingface_config(const std::filesystem::path& folder) {
  constexpr int depth = 8;
  const std::filesystem::path path = folder / "config.json";
  const std::string source = concat(path);
  const nlohmann::json root = parse_json(read_text(path), source, depth);
  const detail::JsonFields json(root, source);
  const Family& family = detail::huggingface_family(json);
  require(!json.contains("quantization_config"), source, ": its weights are quantised (\"quantization_config\"), ",
          "which is not supported in safetensors files; use the original weights, or a GGUF file");
  ModelConfig config = family.read_huggingface(json);
  config.family = family.name;
  config.vocabulary = json.integer("vocab_size", family.default_vocabulary);
  config.tied_head = json.flag("tie_word_embeddings", family.tied_by_default);
  const auto bos = json.ids("bos_token_id");
  config.bos = !bos.empty()                   ? std::optional(bos.front())
               : json.is_null("bos_token_id") ? std::nullopt
                                              : family.default_bos;
  config.eos = json.ids("eos_token_id");
  if (config.eos.empty() && family.default_eos && !json.is_null("eos_token_id")) {
    config.eos = {*family.default_eos};
  }
  json.refuse_unread(detail::harmless_config_members);
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

AMPSFT_HEADER_INLINE nlohmann::json huggingface_config_json(const ModelConfig& config, DType dtype) {
  const Family& family = family_of(config);
  nlohmann::json json = nlohmann::json::object();
  const ModelConfig completed = detail::same_but_for_the_file(config.completed(), config);
  family.write_huggingface(completed, json);
  const ModelConfig again = family.read_huggingface({json, "the config.json that was written"});
  const std::string difference = first_difference(detail::same_but_for_the_file(again, completed), completed);
  require(difference.empty(), "config.json of the class ", family.huggingface_class, " cannot say what this model is; ",
          difference, " differ");
  json["architectures"] = nlohmann::json::array({family.huggingface_class});
  json["model_type"] = family.huggingface_type;
  json["vocab_size"] = config.vocabulary;
  json["tie_word_embeddings"] = config.tied_head;
  json["torch_dtype"] = detail::torch_dtype(dtype);
  if (config.bos || family.default_bos) {
    json["bos_token_id"] = config.bos ? nlohmann::json(*config.bos) : nlohmann::json(nullptr);
  }
  if (config.eos.size() == 1) {
    json["eos_token_id"] = config.eos.front();
  } else if (!config.eos.empty()) {
    json["eos_token_id"] = config.eos;
  } else if (family.default_eos) {
    json["eos_token_id"] = nullptr;
  }
  return json;
}

}  // namespace ampsft
