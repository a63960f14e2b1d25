// SPDX-License-Identifier: MIT
/// @file
/// Texts and the ids that Hugging Face's tokenizers and SentencePiece give them, from tools/fixtures.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/read_text.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ampsft::testing {

inline std::filesystem::path tokenizer_fixtures() {
  return std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "tokenizers";
}

inline std::filesystem::path tokenizer_file(const std::string& name) {
  return tokenizer_fixtures() / (name + ".tokenizer.json");
}

inline nlohmann::json cases_of(const std::string& name) {
  return nlohmann::json::parse(read_text(tokenizer_fixtures() / (name + ".cases.json")));
}

struct TokenizerCases {
  explicit TokenizerCases(const std::string& name)
      : texts(cases_of(name)["texts"].get<std::vector<std::string>>()),
        ids(cases_of(name)["ids"].get<std::vector<std::vector<std::int32_t>>>()),
        decoded(cases_of(name).value("decoded", std::vector<std::string>())) {}

  std::vector<std::string> texts;
  std::vector<std::vector<std::int32_t>> ids;
  std::vector<std::string> decoded;  ///< texts of the ids, of vocabularies of characters
};

/// Tokenizers over bytes, and those over characters.
inline const std::vector<std::string> byte_tokenizers{"gpt2",  "prefix",     "smollm", "digit_runs", "llama3",
                                                      "qwen2", "split_gpt2", "gpt4o",  "tekken"};
inline const std::vector<std::string> character_tokenizers{
    "llama", "spaces_replaced", "metaspace_first", "metaspace_always", "metaspace_never", "gemma"};

}  // namespace ampsft::testing
