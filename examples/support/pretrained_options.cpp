// SPDX-License-Identifier: MIT
#include "support/pretrained_options.hpp"

#include <ampsft/core/error.hpp>

#include <CLI/CLI.hpp>

#include <system_error>

namespace example {

void add_model(CLI::App& app, PretrainedOptions& options) {
  app.add_option("-m,--model", options.model, "a GGUF file, or a Hugging Face folder")->capture_default_str();
}

void add_pretrained(CLI::App& app, PretrainedOptions& options) {
  add_model(app, options);
  app.add_option("--template", options.chat_template,
                 "of chats: chatml, llama2, llama3, zephyr, plain (default: the model's own)");
}

const std::filesystem::path& existing_model(const PretrainedOptions& options) {
  std::error_code ignored;
  ampsft::require(std::filesystem::exists(options.model, ignored), "there is no model ", options.model,
                  "; name one with --model, or fetch the default one with tools/fetch-smollm2");
  return options.model;
}

}  // namespace example
