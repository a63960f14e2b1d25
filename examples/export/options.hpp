// SPDX-License-Identifier: MIT
/// @file
/// The command line of the program.
#pragma once

#include <ampsft/core/dtype.hpp>
#include <ampsft/core/tensor.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/pretrained_options.hpp"

namespace exporting {

using ampsft::Index;
namespace fs = std::filesystem;

/// A term of the sum that is exported.
struct Term {
  fs::path file;
  double weight = 1.0;
};

/// What goes in, and what comes out of it.
struct Options {
  example::PretrainedOptions pretrained;
  std::vector<Term> adapters;
  double scale = 1.0;
  fs::path import_peft;  ///< a LoRA that is projected to scores
  fs::path basis;        ///< of an adapter or a file of bases; empty: fitted to the model's weights
  Index rank = 8;        ///< of a fitted basis
  fs::path scores;       ///< a score file
  fs::path peft;         ///< a folder
  fs::path gguf;         ///< a file
  fs::path merged;       ///< a folder
  fs::path source;       ///< the folder of the same model that the merged one takes after
  std::string base_name;
  std::optional<ampsft::DType> dtype;
};

/// Reads the command line. Throws `ampsft::Error` for what cannot be; false: nothing is to be done.
[[nodiscard]] bool parse_options(int argc, char** argv, Options& options);

}  // namespace exporting
