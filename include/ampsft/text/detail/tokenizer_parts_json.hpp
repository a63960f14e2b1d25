// SPDX-License-Identifier: MIT
/// @file
/// Writes what tokenizer_parts.hpp reads: the parts of tokenizer.json around the model.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/text/detail/tokenizer_parts.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

[[nodiscard]] inline nlohmann::json byte_level_json(bool space, bool words) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", space}, {"trim_offsets", true}, {"use_regex", words}};
}

/// The steps as a Sequence that ends with ByteLevel. `read_pretokenizer` reads it as the same steps.
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

/// The text of the token with the role `role`, which may exist as an added token only. Throws `Error` for an id that is
/// no token.
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

/// The post-processor, which adds the tokens around a text.
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

}  // namespace ampsft::detail
