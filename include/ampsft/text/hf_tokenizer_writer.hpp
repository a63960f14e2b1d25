// SPDX-License-Identifier: MIT
/// @file
/// Tokenizer files of a Hugging Face folder, from the parts of a tokenizer that came from elsewhere.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/text/detail/tokenizer_parts.hpp>
#include <ampsft/text/detail/tokenizer_spaces_json.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

[[nodiscard]] inline nlohmann::json byte_level_json(bool space, bool words) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", space}, {"trim_offsets", true}, {"use_regex", words}};
}

/// The steps as a Sequence that ends with ByteLevel, which `read_pretokenizer` reads as these steps.
[[nodiscard]] inline nlohmann::json pretokenizer_json(std::span<const PretokenizerStep> steps) {
  nlohmann::json list = nlohmann::json::array();
  bool space = false;
  bool words = false;
  for (const PretokenizerStep step : steps) {
    require(!words, "a pre-tokenizer that goes on behind the words of GPT-2 cannot be written");
    if (step == PretokenizerStep::space_in_front) {
      space = true;
    } else if (step == PretokenizerStep::gpt2_words) {
      words = true;
    } else if (step == PretokenizerStep::digits || step == PretokenizerStep::digit_runs) {
      require(!space, "a pre-tokenizer that puts a space in front before it cuts digits cannot be written");
      list.push_back({{"type", "Digits"}, {"individual_digits", step == PretokenizerStep::digits}});
    } else {
      require(!space, "a pre-tokenizer that puts a space in front before it splits cannot be written");
      for (const auto& [pattern, known] : known_patterns) {
        if (known == step) {
          list.push_back({{"type", "Split"},
                          {"pattern", nlohmann::json::object({{"Regex", pattern}})},
                          {"behavior", "Isolated"},
                          {"invert", false}});
          break;
        }
      }
    }
  }
  list.push_back(byte_level_json(space, words));
  return {{"type", "Sequence"}, {"pretokenizers", list}};
}

/// The text of an id that a file gave for `role`, which may be that of an added token alone. Throws for one that is no
/// token.
[[nodiscard]] inline const std::string& token_of(const PretrainedTokenizerParts& parts, std::int32_t id,
                                                 std::string_view role) {
  const auto added =
      std::find_if(parts.added.begin(), parts.added.end(), [&](const auto& one) { return one.id == id; });
  const auto place = static_cast<std::size_t>(id);
  const bool inside = id >= 0 && place < parts.tokens.size();
  require(inside && (added != parts.added.end() || !parts.tokens[place].empty()), "the ", role, " has the id ", id,
          ", which is none of the tokenizer's ", parts.tokens.size(), " tokens");
  return parts.tokens[place].empty() ? added->content : parts.tokens[place];
}

/// What stands around a text.
[[nodiscard]] inline nlohmann::json post_processor_json(const PretrainedTokenizerParts& parts) {
  if (parts.prefix.empty() && parts.suffix.empty()) {
    return parts.alphabet == TokenAlphabet::bytes ? byte_level_json(true, true) : nlohmann::json(nullptr);
  }
  nlohmann::json single = nlohmann::json::array();
  nlohmann::json pair = nlohmann::json::array();
  nlohmann::json special = nlohmann::json::object();
  const auto put = [&](const std::vector<std::int32_t>& ids, int type) {
    for (const std::int32_t id : ids) {
      const std::string& name = token_of(parts, id, "token around texts");
      (type == 0 ? single : pair)
          .push_back(nlohmann::json::object({{"SpecialToken", {{"id", name}, {"type_id", type}}}}));
      special[name] = {{"id", name}, {"ids", nlohmann::json::array({id})}, {"tokens", nlohmann::json::array({name})}};
    }
  };
  const auto text = [](const char* id, int type) {
    return nlohmann::json::object({{"Sequence", {{"id", id}, {"type_id", type}}}});
  };
  put(parts.prefix, 0);
  single.push_back(text("A", 0));
  put(parts.suffix, 0);
  pair = single;
  put(parts.prefix, 1);
  pair.push_back(text("B", 1));
  put(parts.suffix, 1);
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}};
}

[[nodiscard]] inline nlohmann::json added_tokens_json(const PretrainedTokenizerParts& parts) {
  nlohmann::json list = nlohmann::json::array();
  for (const AddedToken& token : parts.added) {
    require(token.id >= 0 && static_cast<std::size_t>(token.id) < parts.tokens.size(), "the added token ",
            quoted(token.content), " has the id ", token.id, ", which is none of the tokenizer's ", parts.tokens.size(),
            " tokens");
    list.push_back({{"id", token.id},
                    {"content", token.content},
                    {"single_word", token.single_word},
                    {"lstrip", token.left_strip},
                    {"rstrip", token.right_strip},
                    {"normalized", token.normalized},
                    {"special", token.special}});
  }
  return list;
}

/// As text; throws instead of writing what is no UTF-8.
[[nodiscard]] inline std::string json_file_text(const nlohmann::json& json, int indent) {
  try {
    return json_text(json, indent) + "\n";
  } catch (const Error&) {
    fail("a token or a template is no UTF-8, which a JSON file cannot hold");
  }
}

}  // namespace detail

/// The tokenizer.json that `read_huggingface_tokenizer` and Hugging Face's tokenizers read as these parts.
///
/// Scores become the merges that they stand for. Throws `Error` for steps whose order such a file cannot say, two
/// tokens of one text, and ids and merges of what is no token.
[[nodiscard]] inline nlohmann::json huggingface_tokenizer_json(const PretrainedTokenizerParts& parts) {
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

/// What the files of a tokenizer say of its model.
struct TextLimits {
  Index context = 0;                ///< longest text, in tokens
  std::optional<std::int32_t> bos;  ///< begins every text; or none
  std::vector<std::int32_t> eos;    ///< any of them ends a text
};

/// The texts of `tokenizer.json`, `tokenizer_config.json` (with the template of chats, if there is one) and
/// `generation_config.json`, by these names. Throws `Error` as `huggingface_tokenizer_json` does, for text that is no
/// UTF-8, and for a beginning or end of text that is no token.
[[nodiscard]] inline std::map<std::string, std::string> huggingface_tokenizer_files(
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
