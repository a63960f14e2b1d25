// SPDX-License-Identifier: MIT
/// @file
/// Losses of the base, of adapters and of merged weights.
#pragma once

#include <ampsft/data/packed_dataset.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/train/evaluate.hpp>

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

/// The base first (where it can be told: a truncated adapter replaces it), then each adapter, then each merged. Changes
/// the model. Throws `ampsft::Error` for adapters that do not go with the model or each other.
[[nodiscard]] std::vector<Result> measure(const Options& options, ampsft::Transformer<float>& model,
                                          const ampsft::PackedDataset& text);

/// For people.
[[nodiscard]] std::string table(const std::vector<Result>& results);

/// For programs.
[[nodiscard]] std::string json(const std::vector<Result>& results, const Options& options);

}  // namespace evaluating
