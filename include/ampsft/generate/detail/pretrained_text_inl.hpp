// SPDX-License-Identifier: MIT
/// @file
/// Bodies of pretrained_text.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/generate/generation_defaults.hpp>
#include <ampsft/generate/pretrained_text.hpp>
#include <ampsft/model/gguf_config.hpp>
#include <ampsft/model/huggingface_config.hpp>
#include <ampsft/text/chat_template.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE ChatTemplate PretrainedText::chat(std::optional<ChatTemplateKind> kind) const {
  const auto end = config.eos.empty() ? std::nullopt : std::optional(config.eos.front());
  if (!kind && jinja) {
    return ChatTemplate::recognize(*jinja, tokenizer, end);
  }
  return ChatTemplate(kind.value_or(ChatTemplateKind::plain), tokenizer, end);
}

AMPSFT_HEADER_INLINE std::vector<std::int32_t> PretrainedText::stops(const ChatTemplate& chat) const {
  std::vector<std::int32_t> ids = config.eos;
  for (const auto& end : {chat.end_of_turn(), tokenizer.find_added(family_of(config).turn_end)}) {
    if (end && std::find(ids.begin(), ids.end(), *end) == ids.end()) {
      ids.push_back(*end);
    }
  }
  return ids;
}

AMPSFT_HEADER_INLINE PretrainedText load_pretrained_text(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return {.config = read_huggingface_config(path),
            .tokenizer = read_huggingface_tokenizer(path),
            .jinja = read_chat_template(path),
            .sampling = read_generation_defaults(path)};
  }
  const GgufFile file(path);
  const GgufValue* const jinja = file.find("tokenizer.chat_template");
  return {.config = read_gguf_config(file),
          .tokenizer = read_gguf_tokenizer(file),
          .jinja = jinja != nullptr ? std::optional(std::string(jinja->text())) : std::nullopt,
          .sampling = {}};
}

}  // namespace ampsft
