// SPDX-License-Identifier: MIT
/// @file
/// The command line of the program.
#pragma once

#include <ampsft/data/records.hpp>
#include <ampsft/model/load_options.hpp>
#include <ampsft/text/chat_template.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/adapter_choice.hpp"
#include "support/pretrained_options.hpp"

namespace evaluating {

using ampsft::Index;

/// What is measured, and on what.
struct Options {
  example::PretrainedOptions pretrained;
  ampsft::WeightStorage storage = ampsft::WeightStorage::dense;
  std::vector<example::AdapterChoice> adapters;
  bool merged = false;
  std::filesystem::path data;
  ampsft::LossOn loss = ampsft::LossOn::answers;
  ampsft::BadRecord bad = ampsft::BadRecord::refuse;
  Index context = 0;  ///< tokens of a row; 0: the model's context, at most 1024
  Index rows = 0;     ///< at a time; 0: four sequences in all
  bool json = false;
  int threads = 0;
};

/// Reads the command line. Throws `ampsft::Error` for what cannot be; false: nothing is to be done.
[[nodiscard]] bool parse_options(int argc, char** argv, Options& options);

}  // namespace evaluating
