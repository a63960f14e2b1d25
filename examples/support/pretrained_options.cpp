// SPDX-License-Identifier: MIT
#include "support/pretrained_options.hpp"

#include <CLI/CLI.hpp>

namespace example {

void add_model(CLI::App& app, PretrainedOptions& options) {
  app.add_option("-m,--model", options.model, "a GGUF file, or a Hugging Face folder")->capture_default_str();
}

void add_pretrained(CLI::App& app, PretrainedOptions& options) {
  add_model(app, options);
  app.add_option("--template", options.chat_template,
                 "of chats: chatml, llama2, llama3, zephyr, plain (default: the model's own)");
}

}  // namespace example
