// SPDX-License-Identifier: MIT
/// @file
/// The command line of the program.
#pragma once

#include <ampsft/finetune/answer_options.hpp>
#include <ampsft/model/load_options.hpp>

#include <optional>
#include <string>
#include <vector>

#include "support/adapter_choice.hpp"
#include "support/pretrained_options.hpp"

namespace generate {

/// What was asked for; settings that were not given are the model's.
struct Options {
  example::PretrainedOptions pretrained;
  ampsft::WeightStorage storage = ampsft::WeightStorage::dense;
  std::vector<example::AdapterChoice> adapters;
  std::optional<std::string> prompt;  ///< none: a chat
  bool raw = false;                   ///< the prompt is no message: the text goes on after it
  ampsft::AnswerOptions answer;
  int threads = 0;
};

/// Reads the command line. Throws `ampsft::Error` for what cannot be; false: nothing is to be done.
[[nodiscard]] bool parse_options(int argc, char** argv, Options& options);

}  // namespace generate
