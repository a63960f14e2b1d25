// SPDX-License-Identifier: MIT
/// @file
/// A vocabulary with scores, from the fixtures, as a GGUF file.
#pragma once

#include <ampsft/io/gguf.hpp>
#include <ampsft/io/gguf_writer.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "text/tokenizer_cases.hpp"

namespace ampsft::testing {

struct ScoredVocabulary {
  explicit ScoredVocabulary(const std::string& name)
      : tokens(cases_of(name)["tokens"].get<std::vector<std::string>>()),
        scores(cases_of(name)["scores"].get<std::vector<float>>()),
        types(cases_of(name)["types"].get<std::vector<std::int32_t>>()) {}

  /// Adds a token; returns its id.
  std::int32_t add(const std::string& token, std::int32_t type) {
    tokens.push_back(token);
    scores.push_back(0);
    types.push_back(type);
    return static_cast<std::int32_t>(tokens.size() - 1);
  }

  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<std::int32_t> types;
};

/// The parts that are read from a GGUF file of the vocabulary; `change` may add metadata.
inline PretrainedTokenizerParts parts_of(const ScoredVocabulary& vocabulary,
                                         const std::function<void(GgufWriter&)>& change = {}) {
  const TemporaryFolder folder;
  GgufWriter writer;
  writer.set("tokenizer.ggml.model", "llama");
  writer.set_array("tokenizer.ggml.tokens", vocabulary.tokens);
  writer.set_array("tokenizer.ggml.scores", vocabulary.scores);
  writer.set_array("tokenizer.ggml.token_type", vocabulary.types);
  if (change) {
    change(writer);
  }
  writer.write(folder.path() / "model.gguf");
  return read_gguf_tokenizer_parts(GgufFile(folder.path() / "model.gguf"));
}

/// The tokenizer of these parts.
inline PretrainedTokenizer tokenizer_of(const ScoredVocabulary& vocabulary,
                                        const std::function<void(GgufWriter&)>& change = {}) {
  return PretrainedTokenizer(parts_of(vocabulary, change));
}

}  // namespace ampsft::testing
