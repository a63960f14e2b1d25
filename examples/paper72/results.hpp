// SPDX-License-Identifier: MIT
/// @file
/// What the experiment measures, and the figures derived from it.
#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

#include "options.hpp"

namespace paper72 {

/// A learning rate that was tried; the loss is infinite if training diverged.
struct GridPoint {
  double learning_rate = 0.0;
  double validation_loss = 0.0;
};

/// One fine-tuning method: measured, before it is compared with full SFT.
struct MethodResult {
  std::string key;
  std::string name;
  Index rank = 0;  ///< 0: not of low rank
  Index trainable = 0;
  double start_loss = 0.0;         ///< on test text, before the first update
  std::vector<double> end_losses;  ///< on test text, one a seed
  double learning_rate = 0.0;      ///< the grid's best on validation text
  std::vector<GridPoint> grid;
  std::vector<double> losses;  ///< of the updates, first seed
  std::vector<ampsft::ValidationPoint> validation;
  double seconds = 0.0;  ///< of one training
  double tokens_per_second = 0.0;
  std::uintmax_t adapter_bytes = 0;  ///< file of what was trained
  std::uintmax_t basis_bytes = 0;    ///< of the frozen bases it needs besides
  std::string sample;

  [[nodiscard]] double end_loss() const { return mean(end_losses); }

  static double mean(const std::vector<double>& values);
  /// Sample standard deviation; 0 for a single value.
  static double spread(const std::vector<double>& values);
};

/// The paper's measure: own improvement over full SFT's, each from its own start. A start that the method itself
/// damaged counts as room for improvement.
double efficiency(const MethodResult& method, const MethodResult& full);

/// What a user gets: improvement over the untouched model against full SFT's.
double recovery(const MethodResult& method, const MethodResult& full, double base_loss);

/// Spread over seeds of the two figures, seed by seed against the same seed of full SFT.
double efficiency_spread(const MethodResult& method, const MethodResult& full);
double recovery_spread(const MethodResult& method, const MethodResult& full, double base_loss);

nlohmann::json to_json(const MethodResult& result);
/// Throws `nlohmann::json::exception` for JSON that is no result.
MethodResult method_result(const nlohmann::json& json);

}  // namespace paper72
