// SPDX-License-Identifier: MIT
/// @file
/// The tiny models that tools/fixtures/pretrained_models.py ran in transformers.
#pragma once

#include <ampsft/io/safetensors.hpp>
#include <ampsft/model/pretrained.hpp>

#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "model/reference.hpp"

namespace ampsft::test {

inline const char* const pretrained_models[] = {
    "gpt2", "llama",         "llama_tied",    "mistral",       "qwen2",   "qwen2_window",   "qwen3",   "gemma3",
    "phi3", "phi3_longrope", "gemma3_scaled", "gemma3_capped", "smollm3", "smollm3_window", "granite", "olmo2"};

/// One model's folder, and what transformers computed from it.
class PretrainedReference {
 public:
  explicit PretrainedReference(const std::string& name)
      : folder(std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "models" / name),
        file_(folder / "expected.safetensors"),
        tokens(integers("tokens")),
        targets(integers("targets")),
        logits(file_.read_matrix<double>("logits")),
        loss(file_.read_matrix<double>("loss")(0, 0)) {}

  std::filesystem::path folder;

  [[nodiscard]] bool has(const std::string& name) const { return file_.contains(name); }

  /// Token ids beside the main ones.
  [[nodiscard]] std::vector<std::int32_t> ids(const std::string& name) const { return integers(name); }

  /// Any of the numbers that transformers computed, a row a token.
  [[nodiscard]] Matrix<double> numbers(const std::string& name) const {
    const auto shape = file_.info(name).shape;
    Matrix<double> values = make_matrix<double>(
        std::accumulate(shape.begin(), shape.end() - 1, Index{1}, std::multiplies<>()), shape.back());
    file_.read_into(name, std::span(shape), values.data());
    return values;
  }

 private:
  [[nodiscard]] std::vector<std::int32_t> integers(const std::string& name) const {
    const auto values = file_.read_integers(name);
    return {values.begin(), values.end()};
  }

  SafetensorsFile file_;

 public:
  std::vector<std::int32_t> tokens;   ///< two sequences
  std::vector<std::int32_t> targets;  ///< some ignored
  Matrix<double> logits;
  double loss;
  static constexpr Index sequences = 2;
};

/// The logits of a reference's tokens in a model.
template <Scalar T>
[[nodiscard]] Matrix<T> logits_of(Transformer<T>& model, const PretrainedReference& reference) {
  Tape<T> tape(TapeMode::inference);
  return model.logits(model.hidden(tape, reference.tokens, PretrainedReference::sequences)).value();
}

}  // namespace ampsft::test
