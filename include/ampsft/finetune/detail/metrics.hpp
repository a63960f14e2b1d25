// SPDX-License-Identifier: MIT
/// @file
/// The figures of a run as JSON Lines, one an update, also over kills and resumes.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>

#include <filesystem>
#include <fstream>
#include <utility>

namespace ampsft::detail {

/// Lines of a file that is opened at the first of them: those of that step and later ones, which a killed run left
/// behind its last checkpoint, are dropped then. Without a path nothing is written.
class Metrics {
 public:
  explicit Metrics(std::filesystem::path path) : path_(std::move(path)) {}

  /// Appends a line, `{"step": step, ...}`. Throws `Error` if it cannot be written.
  void add(Index step, nlohmann::json line);

 private:
  void open(Index step);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/metrics_inl.hpp>
#endif
