// SPDX-License-Identifier: MIT
/// @file
/// The options that name a pretrained model.
#pragma once

#include <filesystem>
#include <string>

namespace CLI {
class App;
}

namespace example {

/// Which model, and how its chats are written.
struct PretrainedOptions {
  std::filesystem::path model = "build/models/smollm2-135m-instruct.gguf";  ///< where tools/fetch-smollm2 puts it
  std::string chat_template;                                                ///< empty: the model's own
};

/// Adds `--model`.
void add_model(CLI::App& app, PretrainedOptions& options);

/// Adds `--model` and `--template`.
void add_pretrained(CLI::App& app, PretrainedOptions& options);

/// The path of the model. Throws `ampsft::Error`, which says where to get the default one, if nothing is there.
[[nodiscard]] const std::filesystem::path& existing_model(const PretrainedOptions& options);

}  // namespace example
