// SPDX-License-Identifier: MIT
/// @file
/// Losses of the base, of adapters and of merged weights.
#pragma once

#include <ampsft/finetune/language_model.hpp>

#include <string>
#include <vector>

#include "evaluate/options.hpp"

namespace evaluating {

/// One line of the table.
struct Result {
  std::string name;
  bool merged = false;
  ampsft::Evaluation evaluation;
};

/// The base first, then each adapter, then each merged. Throws `ampsft::Error` for adapters of another model.
[[nodiscard]] std::vector<Result> measure(const Options& options, ampsft::LanguageModel& model,
                                          const ampsft::Dataset& text);

/// For people.
[[nodiscard]] std::string table(const std::vector<Result>& results);

/// For programs.
[[nodiscard]] std::string json(const std::vector<Result>& results, const Options& options);

}  // namespace evaluating
