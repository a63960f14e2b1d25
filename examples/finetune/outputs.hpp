// SPDX-License-Identifier: MIT
/// @file
/// The files that a run writes.
#pragma once

#include <ampsft/model/transformer.hpp>
#include <ampsft/train/trainer.hpp>

#include <optional>
#include <string>

#include "options.hpp"
#include "records.hpp"
#include "training.hpp"

namespace finetune {

/// Throws `ampsft::Error` unless all files of a run can be written. Leaves everything as it was.
void check_outputs(const Options& options);

/// Makes the folders of the files, and removes the checkpoint that a run with `--restart` does not go on from.
void prepare_outputs(const Options& options);

/// The loss on the records for validation.
double measure(ampsft::Transformer<float>& model, const Records& records, ampsft::EvaluateOptions options);

/// Writes the adapter and its page; returns the loss of what was written, if there are records for validation. `base`
/// is the hash of the untouched model, `before` its loss.
std::optional<double> save(const Options& options, const ampsft::TrainOptions& run, const Records& records,
                           const Outcome& outcome, const std::string& base, std::optional<double> before,
                           ampsft::Transformer<float>& model);

/// "exact start" or "truncated".
std::string form_name(ampsft::ScoreForm form);

}  // namespace finetune
