// SPDX-License-Identifier: MIT
/// @file
/// The pretrained model that an example works on, and the options that name it.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/data/pretrained_text.hpp>
#include <ampsft/nn/pretrained.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace example {

/// Which model, and how its chats are written.
struct PretrainedOptions {
  std::filesystem::path model = "build/models/smollm2-135m-instruct.gguf";  ///< where tools/fetch-smollm2 puts it
  std::string chat_template;                                                ///< empty: the model's own
};

/// Adds `--model`.
inline void add_model(CLI::App& app, PretrainedOptions& options) {
  app.add_option("-m,--model", options.model, "a GGUF file, or a Hugging Face folder")->capture_default_str();
}

/// Adds `--model` and `--template`.
inline void add_pretrained(CLI::App& app, PretrainedOptions& options) {
  add_model(app, options);
  app.add_option("--template", options.chat_template,
                 "of chats: chatml, llama2, llama3, zephyr, plain (default: the model's own)");
}

/// A pretrained model with all that it takes to talk to it. Stays where it is made: its parts refer to each other.
class Pretrained {
 public:
  /// Throws `ampsft::Error` for a model that is not there or cannot be read, and a template that cannot be.
  explicit Pretrained(const PretrainedOptions& options, const ampsft::LoadOptions& load = {})
      : path_(existing(options.model)),
        text_(ampsft::load_pretrained_text(path_)),
        chat_(text_.chat(options.chat_template.empty()
                             ? std::nullopt
                             : std::optional(ampsft::chat_template_of(options.chat_template)))),
        model_(ampsft::load_pretrained<float>(path_, load)) {}
  Pretrained(const Pretrained&) = delete;
  Pretrained& operator=(const Pretrained&) = delete;
  ~Pretrained() = default;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] ampsft::Transformer<float>& model() noexcept { return model_; }
  [[nodiscard]] const ampsft::PretrainedConfig& facts() const noexcept { return text_.facts; }
  [[nodiscard]] const ampsft::PretrainedTokenizer& tokenizer() const noexcept { return text_.tokenizer; }
  [[nodiscard]] const ampsft::GenerationDefaults& sampling() const noexcept { return text_.sampling; }
  [[nodiscard]] const ampsft::ChatTemplate& chat() const noexcept { return chat_; }

  /// The tokens that end an answer: the model's ends of text, and the template's end of a turn.
  [[nodiscard]] std::vector<std::int32_t> stops() const {
    std::vector<std::int32_t> ids = text_.facts.eos;
    if (const auto end = chat_.end_of_turn(); end && std::find(ids.begin(), ids.end(), *end) == ids.end()) {
      ids.push_back(*end);
    }
    return ids;
  }

 private:
  [[nodiscard]] static const std::filesystem::path& existing(const std::filesystem::path& path) {
    std::error_code ignored;
    ampsft::require(std::filesystem::exists(path, ignored), "there is no model ", path,
                    "; name one with --model, or fetch the default one with tools/fetch-smollm2");
    return path;
  }

  std::filesystem::path path_;
  ampsft::PretrainedText text_;
  ampsft::ChatTemplate chat_;
  ampsft::Transformer<float> model_;
};

}  // namespace example
