// SPDX-License-Identifier: MIT
/// @file
/// Scores on their way to a file, of which only a part is in memory.
#pragma once

#include <ampsft/basis/files/score_file.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "decompose/output.hpp"

namespace decompose {

/// Writes scores to files of some 64 MiB and joins these in the end.
class ScoreParts {
 public:
  /// The parts are `outputs`' scratch files.
  ScoreParts(const Outputs& outputs, ampsft::DType dtype) : outputs_(&outputs), dtype_(dtype) {}

  void add(ampsft::StoredScores<float> scores);

  /// Writes all that was added as one file of scores; `source` is the hash of all their matrices.
  void join(const std::filesystem::path& path, const std::string& source);

 private:
  void flush();

  const Outputs* outputs_;
  ampsft::DType dtype_;
  ampsft::ScoreFile<float> waiting_;
  std::size_t waiting_numbers_ = 0;
  std::vector<std::filesystem::path> parts_;
};

}  // namespace decompose
