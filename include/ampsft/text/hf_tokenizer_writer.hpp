// SPDX-License-Identifier: MIT
/// @file
/// Writes the tokenizer files of a Hugging Face folder from the parts of any tokenizer.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/text/detail/tokenizer_parts_json.hpp>
#include <ampsft/text/detail/tokenizer_spaces_json.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

/// The JSON as the text of a file. Throws `Error` for strings that are not UTF-8.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string json_file_text(const nlohmann::json& json, int indent);

}  // namespace detail

/// The tokenizer.json that `read_huggingface_tokenizer` and Hugging Face's tokenizers read as these parts.
///
/// Scores become merges. Throws `Error` for steps in an order that the file cannot express, two tokens with one text,
/// and ids or merges of tokens that do not exist.
[[nodiscard]] AMPSFT_HEADER_INLINE nlohmann::json huggingface_tokenizer_json(const PretrainedTokenizerParts& parts);

/// Settings of the model in its tokenizer files.
struct TextLimits {
  Index context = 0;                ///< the longest text, in tokens
  std::optional<std::int32_t> bos;  ///< the beginning-of-text token, if there is one
  std::vector<std::int32_t> eos;    ///< end-of-text tokens
};

/// The contents of `tokenizer.json`, `tokenizer_config.json` (with the chat template, if there is one) and
/// `generation_config.json`, by file name. Throws `Error` as `huggingface_tokenizer_json` does, for text that is not
/// UTF-8, and for a `bos` or `eos` that is no token.
[[nodiscard]] AMPSFT_HEADER_INLINE std::map<std::string, std::string> huggingface_tokenizer_files(
    const PretrainedTokenizerParts& parts, const TextLimits& config, const std::optional<std::string>& jinja);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/hf_tokenizer_writer_inl.hpp>
#endif
