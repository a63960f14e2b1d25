// SPDX-License-Identifier: MIT
/// @file
/// Bodies of hf_tokenizer_writer.hpp.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/text/detail/tokenizer_parts_json.hpp>
#include <ampsft/text/detail/tokenizer_spaces_json.hpp>
#include <ampsft/text/hf_tokenizer_writer.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::string json_file_text(const nlohmann::json& json, int indent) {
  try {
    return json_text(json, indent) + "\n";
  } catch (const Error&) {
    fail("a token or a template is no UTF-8, which a JSON file cannot hold");
  }
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE nlohmann::json huggingface_tokenizer_json(const PretrainedTokenizerParts& parts) {
  const detail::TokenIndex ids = detail::index_tokens(parts.tokens);
  nlohmann::json added = detail::added_tokens_json(parts);
  nlohmann::json vocabulary = nlohmann::json::object();
  for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
    if (!parts.tokens[id].empty()) {
      vocabulary[parts.tokens[id]] = id;
    }
  }
  const bool bytes = parts.alphabet == TokenAlphabet::bytes;
  if (parts.scores.empty()) {  // throws for merges of what is no token
    static_cast<void>(detail::ranks_of_merges(parts.merges, ids, [](std::int32_t) { return false; }));
  }
  nlohmann::json merges = nlohmann::json::array();
  for (const auto& [left, right] :
       parts.scores.empty() ? parts.merges : detail::merges_of_scores(parts, ids, PretrainedTokenizer::most_merges)) {
    merges.push_back(left + ' ' + right);
  }
  nlohmann::json unknown = nullptr;
  if (parts.unknown) {
    unknown = detail::token_of(parts, *parts.unknown, "unknown token");
  }
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", std::move(added)},
          {"normalizer", !bytes      ? detail::space_normalizer_json(parts)
                         : parts.nfc ? nlohmann::json::object({{"type", "NFC"}})
                                     : nlohmann::json(nullptr)},
          {"pre_tokenizer", bytes ? detail::pretokenizer_json(parts.steps) : detail::metaspace_json(parts)},
          {"post_processor", detail::post_processor_json(parts)},
          {"decoder", bytes ? detail::byte_level_json(true, true) : detail::space_decoder_json(parts.spaces.stripped)},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", unknown},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", parts.fuse_unknown},
            {"byte_fallback", !bytes},
            {"ignore_merges", parts.ignore_merges},
            {"vocab", std::move(vocabulary)},
            {"merges", std::move(merges)}}}};
}

AMPSFT_HEADER_INLINE std::map<std::string, std::string> huggingface_tokenizer_files(
    const PretrainedTokenizerParts& parts, const TextLimits& config, const std::optional<std::string>& jinja) {
  nlohmann::json tokenizer_config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                                     {"clean_up_tokenization_spaces", false},
                                     {"model_max_length", config.context}};
  nlohmann::json generation = {{"_from_model_config", true}};
  if (config.bos) {
    tokenizer_config["bos_token"] = detail::token_of(parts, *config.bos, "beginning of text");
    generation["bos_token_id"] = *config.bos;
  }
  if (!config.eos.empty()) {
    tokenizer_config["eos_token"] = detail::token_of(parts, config.eos.front(), "end of text");
    generation["eos_token_id"] = config.eos;
  }
  if (jinja) {
    tokenizer_config["chat_template"] = *jinja;
  }
  return {{"tokenizer.json", detail::json_file_text(huggingface_tokenizer_json(parts), 1)},
          {"tokenizer_config.json", detail::json_file_text(tokenizer_config, 2)},
          {"generation_config.json", detail::json_file_text(generation, 2)}};
}

}  // namespace ampsft
