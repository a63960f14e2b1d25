// SPDX-License-Identifier: MIT
/// @file
/// What the command line asks for, and how much work that is.
#pragma once

#include <ampsft/model/config.hpp>
#include <ampsft/train/trainer.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace paper72 {

using ampsft::Index;

/// One stage of training: how long and on how much text at a time.
struct Stage {
  Index steps;
  Index sequences;
  Index length;  ///< tokens a window
  Index evaluate_every;
  Index patience;  ///< evaluations without a new best before it stops; 0: always all steps

  [[nodiscard]] std::string batch() const;
};

struct Options {
  std::vector<std::filesystem::path> pretrain_text;  ///< empty: the King James Bible
  std::vector<std::filesystem::path> sft_text;       ///< empty: Eigen's headers
  std::filesystem::path output = "out/paper72";
  ampsft::ModelConfig model = ampsft::ModelConfig::paper72();
  std::string mode = "quick";
  Index rank = 8;
  Index seeds = 1;
  int threads = 0;

  Stage pretraining{};
  double pretraining_rate = 2e-3;
  Stage tuning{};
  Index grid_size = 3;           ///< learning rates tried for every method
  Index validation_windows = 0;  ///< 0: all
  Index test_windows = 0;
  std::vector<Index> rank_study;  ///< ranks for which the exact start on every matrix is run besides
};

/// Reads the command line. Throws `ampsft::Error` for what is wrong with it; returns false when help or the version
/// was asked for (and printed).
bool parse_options(int argc, char** argv, Options& options);

}  // namespace paper72
