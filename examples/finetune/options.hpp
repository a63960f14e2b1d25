// SPDX-License-Identifier: MIT
/// @file
/// What the command line asks for.
#pragma once

#include <ampsft/core/dtype.hpp>
#include <ampsft/model/load_options.hpp>
#include <ampsft/parameterization/score.hpp>
#include <ampsft/text/chat_template.hpp>
#include <ampsft/train/schedule.hpp>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "support/pretrained_options.hpp"

namespace finetune {

using ampsft::Index;
using std::filesystem::path;

struct Options {
  example::PretrainedOptions model;
  ampsft::WeightStorage storage = ampsft::WeightStorage::as_stored;

  std::vector<path> data;
  std::vector<path> validation_data;
  double validation_share = 0.1;  ///< of the records of `data`, where `validation_data` is empty; 0: no validation
  bool skip_bad_records = false;
  ampsft::LossOn loss = ampsft::LossOn::answers;
  Index context = 512;

  Index rank = 8;
  ampsft::ScoreForm form = ampsft::ScoreForm::exact_start;
  std::string basis;  ///< empty: activations, or weights for the truncated form
  Index basis_batches = 2;
  std::vector<std::string> targets{"blocks.*"};  ///< name patterns

  double learning_rate = 1e-3;
  ampsft::Decay decay = ampsft::Decay::cosine;
  double warmup = 0.05;  ///< share of the steps
  double weight_decay = 0.0;
  double clip = 1.0;
  Index epochs = 2;
  Index steps = 0;  ///< instead of epochs
  Index batch = 1;
  Index accumulation = 1;
  Index evaluate_every = 0;  ///< steps; 0: an epoch
  Index patience = 0;
  std::uint64_t seed = 0;
  int threads = 0;
  bool checkpoint_blocks = false;

  path output = "out/finetune/adapter.safetensors";
  ampsft::DType scores = ampsft::DType::bf16;
  path checkpoint;  ///< empty: beside the output
  double checkpoint_seconds = 30.0;
  bool restart = false;
  bool dry_run = false;

  /// A file beside the output: `adapter.safetensors` gives `adapter<ending>`.
  [[nodiscard]] path beside(const std::string& ending) const {
    return output.parent_path() / (output.stem().string() + ending);
  }
};

/// What `--basis` takes besides files.
const std::set<std::string>& basis_kinds();

/// Reads the command line. Throws `ampsft::Error` for what is wrong with it; returns false when help or the version
/// was asked for (and printed).
bool parse_options(int argc, char** argv, Options& options);

}  // namespace finetune
