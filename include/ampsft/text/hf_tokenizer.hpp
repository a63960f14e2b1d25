// SPDX-License-Identifier: MIT
/// @file
/// Reads Hugging Face's tokenizer.json.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/detail/tokenizer_json.hpp>
#include <ampsft/text/detail/tokenizer_parts.hpp>
#include <ampsft/text/detail/tokenizer_spaces.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

/// Tokens by id. Ids may leave gaps, but a small file must not ask for much memory.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<std::string> tokens_by_id(
    std::vector<std::pair<std::string, std::int32_t>> vocabulary, const std::vector<AddedToken>& added,
    const std::string& source);

[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<AddedToken> read_added_tokens(const JsonFields& root);

/// Refuses models other than BPE, and BPE with dropout or affixes.
AMPSFT_HEADER_INLINE void require_plain_bpe(const JsonFields& model);

}  // namespace detail

/// The parts of the tokenizer at `path`, a tokenizer.json or its folder.
///
/// Supported:
/// - BPE over bytes with the pre-tokenizers ByteLevel, Digits and Split (patterns of GPT-2, Llama 3, Qwen2, GPT-4o and
///   Tekken), in any Sequence that ends with ByteLevel;
/// - BPE over characters with `byte_fallback`, as in Llama 2, Mistral and Gemma. Spaces are marked by the normalizers
///   Prepend and Replace, or by the pre-tokenizer Metaspace;
/// - the normalizer NFC, added tokens with all flags, and the post-processors ByteLevel and TemplateProcessing.
///
/// Throws `Error` with the file for a broken one. Refuses anything else by name, with a list of what is supported.
[[nodiscard]] AMPSFT_HEADER_INLINE PretrainedTokenizerParts
read_huggingface_tokenizer_parts(const std::filesystem::path& path);

/// The tokenizer at `path`. Throws `Error` as `read_huggingface_tokenizer_parts` and `PretrainedTokenizer` do.
[[nodiscard]] AMPSFT_HEADER_INLINE PretrainedTokenizer read_huggingface_tokenizer(const std::filesystem::path& path);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/hf_tokenizer_inl.hpp>
#endif
