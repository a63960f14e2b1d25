// SPDX-License-Identifier: MIT
/// @file
/// The run itself: live progress, metrics, a checkpoint that survives a kill.
#pragma once

#include <ampsft/model/transformer.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/trainer.hpp>

#include <optional>
#include <string>

#include "options.hpp"
#include "records.hpp"

namespace finetune {

/// What `Trainer` is told; `identity` names the base, the records and the bases.
ampsft::TrainOptions train_options(const Options& options, const Records& records, const std::string& identity);

ampsft::AdamW<float> make_optimizer(const Options& options);

/// Refuses what `train` refuses before its first update, and returns the update that it goes on from; 0: from the
/// beginning.
Index prepare(const Options& options, const ampsft::TrainOptions& run, ampsft::Transformer<float>& model,
              const Records& records);

/// Why a run could not go on, and the validation whose scores the model has again, if there was one.
struct Divergence {
  std::string reason;
  std::optional<ampsft::ValidationPoint> best;
};

/// How a run ended.
struct Outcome {
  ampsft::TrainReport report;
  std::optional<Divergence> divergence;
};

/// Trains the scores of the model, or goes on from the checkpoint; at the end the model has those of the best
/// validation. SIGINT and SIGTERM end it after an update, or a batch of a validation, with a checkpoint and `stopped`
/// in the report.
Outcome train(const Options& options, ampsft::TrainOptions run, ampsft::Transformer<float>& model,
              const Records& records);

}  // namespace finetune
