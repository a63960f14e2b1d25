// SPDX-License-Identifier: MIT
/// @file
/// What a fine-tuning is told.
#pragma once

#include <ampsft/finetune/method.hpp>
#include <ampsft/train/schedule.hpp>
#include <ampsft/train/train_options.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace ampsft {

/// Method, length, pace and files of a fine-tuning. Every member has a default.
struct FinetuneOptions {
  Method method = Scores{};

  Index epochs = 2;  ///< passes over the records
  Index steps = 0;   ///< updates, instead of epochs; 0: as many as the epochs have
  /// Of AdamW. Empty: 1e-3 for scores, 3e-3 for LoRA, 1e-4 for full fine-tuning.
  std::optional<double> learning_rate = {};
  Decay decay = Decay::cosine;  ///< of the learning rate, down to a tenth
  double warmup = 0.05;         ///< share of the steps
  double weight_decay = 0.0;
  double clip_norm = 1.0;  ///< limit on the norm of the gradient; 0: none
  Index batch = 1;         ///< rows of packed records a batch
  Index accumulation = 1;  ///< batches an update
  std::uint64_t seed = 0;  ///< of the order of the records, of random bases and of LoRA's first factors

  Index evaluate_every = 0;  ///< updates between validations; 0: an epoch
  Index patience = 0;        ///< stop after so many validations without a new best; 0: never

  /// Keeps the activations of one block at a time: less memory, a third more time.
  bool checkpoint_blocks = false;
  /// Trains the adapter that the model has, which must be of this method, instead of a new one. Its rank, targets and
  /// bases stay; of `method` only `stored` counts.
  bool continue_adapter = false;

  /// Where a run that is stopped or killed goes on from; empty: nowhere. Kept when the run has ended, unless `output`
  /// is written.
  std::filesystem::path checkpoint = {};
  double checkpoint_seconds = 30.0;
  bool restart = false;  ///< does not go on from a checkpoint that is there
  /// Where the result is saved: a score file, a PEFT folder or a model folder, by method; empty: nowhere.
  std::filesystem::path output = {};
  std::filesystem::path metrics = {};  ///< JSON Lines, one an update; empty: none

  /// Called after every update and its validation; returning false ends the run, with a checkpoint.
  std::function<bool(const TrainingProgress&)> on_update = nullptr;
  /// Called during a validation; returning false ends the run, with a checkpoint.
  std::function<bool(Index done, Index rows)> on_validation = nullptr;
  /// Gets a line of text for each thing that is worth knowing: bases, the memory plan, losses.
  std::function<void(const std::string&)> on_note = nullptr;

  /// Throws `Error` that names the member for what cannot be.
  void validate() const;

  /// Throws `Error` unless the files can be written and are different ones; `finetune` does so too, but when the model
  /// has been read.
  void check_files() const;

  /// The learning rate, given or the method's default.
  [[nodiscard]] double rate() const;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/finetune_options_inl.hpp>
#endif
