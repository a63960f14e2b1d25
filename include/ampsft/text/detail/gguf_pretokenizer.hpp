// SPDX-License-Identifier: MIT
/// @file
/// The pre-tokenizers of BPE in GGUF files, by llama.cpp's names.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/text/pretrained_tokenizer_parts.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace ampsft::detail {

/// A value of `tokenizer.ggml.pre`.
struct GgufPretokenizer {
  std::string_view name;
  PretokenizerStep words;
  bool digits = false;         // each number character is a word
  bool nfc = false;            // as in the models' own tokenizers; llama.cpp does not normalize
  bool ignore_merges = false;  // a word that is a token becomes that token
  bool begins = false;         // texts begin with the beginning-of-text token unless the file says no
};

inline constexpr std::array<GgufPretokenizer, 13> gguf_pretokenizers{{
    {.name = "gpt-2", .words = PretokenizerStep::gpt2_words},
    {.name = "mpt", .words = PretokenizerStep::gpt2_words, .nfc = true},
    {.name = "smollm", .words = PretokenizerStep::gpt2_words, .digits = true},
    {.name = "starcoder", .words = PretokenizerStep::gpt2_words, .digits = true},
    {.name = "refact", .words = PretokenizerStep::gpt2_words, .digits = true},
    {.name = "command-r", .words = PretokenizerStep::gpt2_words, .digits = true, .nfc = true},
    {.name = "llama-bpe", .words = PretokenizerStep::llama3_words, .ignore_merges = true, .begins = true},
    {.name = "llama3", .words = PretokenizerStep::llama3_words, .ignore_merges = true, .begins = true},
    // Llama 3's without a beginning of text, as in SmolLM3. Its models' own tokenizers take words that are tokens
    // whole; llama.cpp merges them.
    {.name = "smaug-bpe", .words = PretokenizerStep::llama3_words, .ignore_merges = true},
    {.name = "dbrx", .words = PretokenizerStep::llama3_words},   // OLMo 2, Granite 4
    {.name = "gpt-4o", .words = PretokenizerStep::gpt4o_words},  // Phi-4-mini
    {.name = "tekken", .words = PretokenizerStep::tekken_words, .ignore_merges = true, .begins = true},
    {.name = "qwen2", .words = PretokenizerStep::qwen2_words, .nfc = true},
}};

/// The pre-tokenizer of a file. Throws `Error` with the file and the supported names if it is missing or not supported.
[[nodiscard]] inline const GgufPretokenizer& find_gguf_pretokenizer(const GgufFile& file) {
  std::string supported;
  for (const GgufPretokenizer& known : gguf_pretokenizers) {
    supported.append(supported.empty() ? "" : ", ").append(known.name);
  }
  const GgufValue* const value = file.find("tokenizer.ggml.pre");
  require(value != nullptr, file.path(), ": tokenizer.ggml.pre is missing, which says how its tokenizer cuts words; ",
          "convert the model again with a current llama.cpp; supported are ", supported);
  const std::string_view name = value->text();
  const auto* const found = std::find_if(gguf_pretokenizers.begin(), gguf_pretokenizers.end(),
                                         [&](const GgufPretokenizer& known) { return known.name == name; });
  require(found != gguf_pretokenizers.end(), file.path(), ": the pre-tokenizer ", quoted(name),
          " (tokenizer.ggml.pre) is not supported; supported are ", supported);
  return *found;
}

inline void use_gguf_pretokenizer(const GgufPretokenizer& known, PretrainedTokenizerParts& parts) {
  if (known.digits) {
    parts.steps.push_back(PretokenizerStep::digits);
  }
  parts.steps.push_back(known.words);
  parts.nfc = known.nfc;
  parts.ignore_merges = known.ignore_merges;
}

}  // namespace ampsft::detail
