// SPDX-License-Identifier: MIT
/// @file
/// Reads the tokenizer of a GGUF file.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/text/detail/gguf_pretokenizer.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

AMPSFT_HEADER_INLINE void read_gguf_merges(const GgufFile& file, PretrainedTokenizerParts& parts);

/// Reads the scores of SentencePiece and its settings for spaces and unknown characters.
AMPSFT_HEADER_INLINE void read_gguf_scores(const GgufFile& file, PretrainedTokenizerParts& parts);

/// Restores a user-defined token of a vocabulary without a space in front. SentencePiece searches for such tokens in
/// the marked text; llama.cpp's converter replaced their marks by spaces.
AMPSFT_HEADER_INLINE void mark_user_defined(std::string& text, AddedToken& token);

/// Makes added tokens of control tokens, the unknown token and user-defined tokens. Unused tokens matter only with
/// scores: a list of merges says itself which tokens it makes.
AMPSFT_HEADER_INLINE void read_gguf_types(const GgufFile& file, PretrainedTokenizerParts& parts);

/// In Phi-3's own tokenizer, all added tokens but three include the white space after them. GGUF has no field for that,
/// so the architecture decides.
AMPSFT_HEADER_INLINE void strip_as_phi3(const GgufFile& file, PretrainedTokenizerParts& parts);

/// Appends the token of `key` if `flag` is true. Without a `flag`, appends it if it exists and `otherwise` is true.
AMPSFT_HEADER_INLINE void read_gguf_end(const GgufFile& file, std::string_view flag, std::string_view key,
                                        bool otherwise, std::vector<std::int32_t>& ids);

}  // namespace detail

/// The parts of the tokenizer of a GGUF file: byte-level BPE (`tokenizer.ggml.model` = gpt2) with the words that
/// `gguf_pretokenizers` lists, or SentencePiece's BPE (llama), as in Llama 2, Mistral, Phi-3 and Gemma. The file may
/// hold the vocabulary alone, without tensors.
///
/// Throws `Error` with the file for missing or wrong metadata. Refuses other kinds of tokenizers by name, with a list
/// of the supported ones.
[[nodiscard]] AMPSFT_HEADER_INLINE PretrainedTokenizerParts read_gguf_tokenizer_parts(const GgufFile& file);

/// The tokenizer of a GGUF file. Throws `Error` as `read_gguf_tokenizer_parts` and `PretrainedTokenizer` do.
[[nodiscard]] AMPSFT_HEADER_INLINE PretrainedTokenizer read_gguf_tokenizer(const GgufFile& file);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/gguf_tokenizer_inl.hpp>
#endif
