// SPDX-License-Identifier: MIT
/// @file
/// Training runs that survive a kill: each has a checkpoint, and a finished one is not repeated.
#pragma once

#include <ampsft/data/token_stream.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/train/trainer.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "options.hpp"

namespace paper72 {

using Model = ampsft::Transformer<float>;

/// Thrown after an interrupt, once the checkpoint is on disk.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Lets SIGINT and SIGTERM end a training after its present update instead of killing the program.
void catch_interrupts();

/// Throws `Interrupted` if a signal came: for the work between trainings.
void stop_if_interrupted();

/// Trains what is trainable in the model, or goes on from the checkpoint, or, if the checkpoint is of a finished run,
/// only restores its weights. Shows progress under `name`. Throws `Interrupted`, and what `Trainer::fit` throws.
ampsft::TrainReport train(const std::string& name, Model& model, const ampsft::TokenStream& text,
                          const ampsft::TokenStream& validation, const Stage& stage, double learning_rate,
                          std::uint64_t seed, Index validation_windows, const std::filesystem::path& checkpoint);

}  // namespace paper72
