// SPDX-License-Identifier: MIT
/// @file
/// Bodies of peft_config.hpp.
#pragma once

#include <ampsft/adapter/detail/peft_config.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/read_text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void require_same_base_as_ours(const JsonFields& config) {
  const nlohmann::json* const begin = config.find("init_lora_weights");
  if (begin == nullptr || begin->is_boolean()) {
    return;
  }
  require(begin->is_string(), config.source(), ": \"init_lora_weights\" must be a flag or a name");
  const auto name = begin->get<std::string>();
  require(name == "gaussian" || name == "orthogonal" || name == "eva", config.source(), ": init_lora_weights is ",
          quoted(name), ", which changes the base model; let PEFT convert the adapter to plain LoRA ",
          "(path_initial_model_for_weight_conversion), or merge it");
}

AMPSFT_HEADER_INLINE void refuse_other_peft_members(const nlohmann::json& config, const std::string& source) {
  constexpr std::array<std::string_view, 6> read{"use_dora",      "bias",       "modules_to_save",
                                                 "alpha_pattern", "lora_alpha", "use_rslora"};
  for (const auto& [key, value] : config.items()) {
    const auto is_key = [&, &name = key](std::string_view known) { return known == name; };
    const bool known = std::any_of(harmless_peft_members.begin(), harmless_peft_members.end(), is_key) ||
                       std::any_of(read.begin(), read.end(), is_key);
    const bool off = value.is_null() || (value.is_boolean() && !value.get<bool>()) ||
                     ((value.is_array() || value.is_object() || value.is_string()) && value.empty());
    require(known || off, source, ": the member ", quoted(key),
            " is not understood; an adapter that needs it would be ", "computed wrongly");
  }
}

AMPSFT_HEADER_INLINE PeftScale read_peft_config(const std::filesystem::path& path) {
  constexpr int depth = 8;
  const std::string source = concat(path);
  const std::string text = read_text(path);
  const nlohmann::json json = parse_json(text, source, depth);
  const JsonFields config(json, source);
  require(config.text("peft_type") == "LORA", source, ": the adapter is of type ", quoted(config.text("peft_type")),
          "; LORA alone can be read");
  require(!config.flag("use_dora", false), source, ": ", quoted("use_dora"), ": DoRA is not supported");
  require(config.text("bias", "none") == "none", source, ": adapters with biases of their own are not supported");
  require(!config.contains("modules_to_save") || config.find("modules_to_save")->empty(), source,
          ": modules that are saved whole are not supported");
  require(!config.contains("rank_pattern") || config.find("rank_pattern")->is_object(), source,
          ": \"rank_pattern\" must be an object");
  require_same_base_as_ours(config);
  refuse_other_peft_members(json, source);
  std::vector<std::pair<std::string, double>> alphas;
  if (const nlohmann::json* const patterns = config.find("alpha_pattern")) {
    require(patterns->is_object(), source, ": \"alpha_pattern\" must be an object");
    // Of two names that fit a module PEFT takes the one that stands first in the file.
    const auto ordered = nlohmann::ordered_json::parse(text);  // `parse_json` has checked it
    for (const auto& [module, alpha] : ordered.at("alpha_pattern").items()) {
      require(alpha.is_number() && module.find_first_of("^$*+?()[]{}|\\") == std::string::npos, source,
              ": \"alpha_pattern\" holds ", quoted(module), "; names of modules and numbers alone can be read");
      alphas.emplace_back(module, alpha.template get<double>());
    }
  }
  return {source, config.number("lora_alpha"), config.flag("use_rslora", false), std::move(alphas)};
}

}  // namespace ampsft::detail
