// SPDX-License-Identifier: MIT
/// @file
/// How a model's own settings of generation are read.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/generate/generation_defaults.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/read_text.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::optional<nlohmann::json> read_json_if_there(const std::filesystem::path& path) {
  constexpr int depth = 12;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return std::nullopt;
  }
  return parse_json(read_text(path), concat(path), depth);
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE GenerationDefaults read_generation_defaults(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "generation_config.json";
  GenerationDefaults defaults;
  const auto root = detail::read_json_if_there(path);
  if (!root) {
    return defaults;
  }
  const detail::JsonFields fields(*root, concat(path));
  const auto positive = [&](const char* key) -> std::optional<double> {
    if (!fields.contains(key)) {
      return std::nullopt;
    }
    const double value = fields.number(key);
    require(value > 0, path, ": ", detail::quoted(key), " must be positive, not ", value);
    return value;
  };
  if (fields.contains("do_sample")) {
    defaults.sample = fields.flag("do_sample");
  }
  if (fields.contains("top_k")) {
    defaults.top_k = fields.integer("top_k");
    require(*defaults.top_k >= 0, path, ": \"top_k\" must not be negative, but is ", *defaults.top_k);
  }
  if (fields.contains("temperature")) {  // 0: always the likeliest token
    defaults.temperature = fields.number("temperature");
    require(*defaults.temperature >= 0, path, ": \"temperature\" must not be negative, but is ", *defaults.temperature);
  }
  defaults.top_p = positive("top_p");
  defaults.repetition_penalty = positive("repetition_penalty");
  return defaults;
}

AMPSFT_HEADER_INLINE std::optional<std::string> read_chat_template(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (const auto jinja = folder / "chat_template.jinja"; std::filesystem::exists(jinja, ignored)) {
    return read_text(jinja);
  }
  const std::filesystem::path path = folder / "tokenizer_config.json";
  const auto root = detail::read_json_if_there(path);
  if (!root) {
    return std::nullopt;
  }
  const detail::JsonFields fields(*root, concat(path));
  const nlohmann::json* const named = fields.find("chat_template");
  if (named == nullptr) {
    return std::nullopt;
  }
  if (!named->is_array()) {
    return fields.text("chat_template");
  }
  for (const auto& item : *named) {
    const detail::JsonFields one(item, fields.source());
    if (one.text("name") == "default") {
      return one.text("template");
    }
  }
  return std::nullopt;
}

}  // namespace ampsft
