// SPDX-License-Identifier: MIT
/// @file
/// The text side of a pretrained model: config, tokenizer, chat template, sampling defaults.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/generate/generation_defaults.hpp>
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

/// A pretrained model without its weights.
struct PretrainedText {
  ModelConfig config;
  PretrainedTokenizer tokenizer;
  std::optional<std::string> jinja;  ///< the model's own chat template
  GenerationDefaults sampling;       ///< a GGUF file has none

  /// The template of that kind. Without a kind: the model's own template, or plain if it has none. The result refers to
  /// `tokenizer`, so this object must outlive it and must not be moved. Throws `Error` as `ChatTemplate` does.
  [[nodiscard]] ChatTemplate chat(std::optional<ChatTemplateKind> kind = {}) const;

  /// The tokens that end an answer: ends of text, the template's end of a turn, and that of the family's chat models,
  /// each once.
  [[nodiscard]] std::vector<std::int32_t> stops(const ChatTemplate& chat) const;
};

/// Reads it from a Hugging Face folder or a GGUF file. Throws `Error` with the file for anything broken or not
/// supported.
[[nodiscard]] AMPSFT_HEADER_INLINE PretrainedText load_pretrained_text(const std::filesystem::path& path);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/generate/detail/pretrained_text_inl.hpp>
#endif
