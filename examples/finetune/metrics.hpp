// SPDX-License-Identifier: MIT
/// @file
/// The figures of a run as JSON Lines, one an update, also over kills and resumes.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/tensor.hpp>

#include <filesystem>
#include <fstream>

namespace finetune {

/// Lines of a file that is opened at the first of them: those of that step and later ones, which a killed run left
/// behind its last checkpoint, are dropped then.
class Metrics {
 public:
  explicit Metrics(std::filesystem::path path) : path_(std::move(path)) {}

  /// Appends a line, `{"step": step, ...}`. Throws `ampsft::Error` if it cannot be written.
  void add(ampsft::Index step, nlohmann::json line);

 private:
  void open(ampsft::Index step);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace finetune
