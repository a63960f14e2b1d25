// SPDX-License-Identifier: MIT
/// @file
/// What the command line asks for.
#pragma once

#include <ampsft/finetune/dataset.hpp>
#include <ampsft/finetune/finetune_options.hpp>
#include <ampsft/model/load_options.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/pretrained_options.hpp"

namespace finetune {

using std::filesystem::path;

struct Options {
  example::PretrainedOptions model;
  ampsft::WeightStorage storage = ampsft::WeightStorage::as_stored;
  std::vector<path> data;
  ampsft::DatasetOptions dataset;
  ampsft::FinetuneOptions run;
  int threads = 0;
  bool dry_run = false;

  /// A file beside the output: `adapter.safetensors` gives `adapter<ending>`, the folder `lora-0.001`
  /// `lora-0.001<ending>`.
  [[nodiscard]] path beside(const std::string& ending) const {
    const bool file = std::holds_alternative<ampsft::Scores>(run.method);
    return run.output.parent_path() / ((file ? run.output.stem() : run.output.filename()).string() + ending);
  }
};

/// Reads the command line. Throws `ampsft::Error` for what is wrong with it; returns false when help or the version
/// was asked for (and printed).
bool parse_options(int argc, char** argv, Options& options);

}  // namespace finetune
