// SPDX-License-Identifier: MIT
/// @file
/// The run itself: live progress, metrics, a checkpoint that survives a kill.
#pragma once

#include <ampsft/nn/transformer.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/trainer.hpp>

#include <string>

#include "options.hpp"
#include "records.hpp"

namespace finetune {

/// What `Trainer` is told; `identity` names the base, the records and the bases.
ampsft::TrainOptions train_options(const Options& options, const Records& records, const std::string& identity);

ampsft::AdamW<float> make_optimizer(const Options& options);

/// Trains the scores of the model, or goes on from the checkpoint; at the end the model has those of the best
/// validation. SIGINT and SIGTERM end it after an update, with a checkpoint and `stopped` in the report.
ampsft::TrainReport train(const Options& options, ampsft::TrainOptions run, ampsft::Transformer<float>& model,
                          const Records& records);

}  // namespace finetune
