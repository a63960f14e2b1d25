// SPDX-License-Identifier: MIT
/// @file
/// The pretrained model that an example works on.
#pragma once

#include <ampsft/generate/pretrained_text.hpp>
#include <ampsft/model/load_options.hpp>
#include <ampsft/model/transformer.hpp>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "support/pretrained_options.hpp"

namespace example {

/// A pretrained model with all that it takes to talk to it. Stays where it is made: its parts refer to each other.
class Pretrained {
 public:
  /// Throws `ampsft::Error` for a model that is not there or cannot be read, and a template that cannot be.
  explicit Pretrained(const PretrainedOptions& options, const ampsft::LoadOptions& load = {});
  Pretrained(const Pretrained&) = delete;
  Pretrained& operator=(const Pretrained&) = delete;
  ~Pretrained() = default;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] ampsft::Transformer<float>& model() noexcept { return model_; }
  [[nodiscard]] const ampsft::ModelConfig& config() const noexcept { return text_.config; }
  [[nodiscard]] const ampsft::PretrainedTokenizer& tokenizer() const noexcept { return text_.tokenizer; }
  [[nodiscard]] const ampsft::GenerationDefaults& sampling() const noexcept { return text_.sampling; }
  [[nodiscard]] const ampsft::ChatTemplate& chat() const noexcept { return chat_; }

  /// The tokens that end an answer: the model's ends of text, and the template's end of a turn.
  [[nodiscard]] std::vector<std::int32_t> stops() const;

 private:
  std::filesystem::path path_;
  ampsft::PretrainedText text_;
  ampsft::ChatTemplate chat_;
  ampsft::Transformer<float> model_;
};

}  // namespace example
