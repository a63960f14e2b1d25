// SPDX-License-Identifier: MIT
/// @file
/// What a training run is told, and what it tells.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/train/checkpoint.hpp>
#include <ampsft/train/evaluate.hpp>
#include <ampsft/train/schedule.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// What is known after an update.
struct TrainingProgress {
  Index step = 0;   ///< updates done
  Index steps = 0;  ///< updates asked for
  double loss = 0.0;
  double gradient_norm = 0.0;  ///< before clipping
  double learning_rate_factor = 0.0;
  double tokens_per_second = 0.0;  ///< of this call of `fit`, evaluation not counted; of the
                                   ///< sessions before, while it has made no update
  double seconds_left = 0.0;
  std::optional<double> validation_loss;  ///< if it was measured after this update
};

/// How long, on what and with what safety net.
struct TrainOptions {
  Index steps = 100;
  Index epochs = 0;        ///< passes over the text, instead of steps, for datasets with rows; 0: `steps` counts
  Index sequences = 4;     ///< windows a batch, on each rank
  Index accumulation = 1;  ///< batches an update
  double clip_norm = 1.0;  ///< limit on the norm of all gradients; 0: none
  Schedule schedule = {};
  std::uint64_t seed = 0;
  std::string identity = {};  ///< what else tells this run from others, say a hash of its text: checkpoints keep it

  Index evaluate_every = 0;  ///< updates between evaluations; 0: none
  /// Its `on_batch` may end the run in the middle of an evaluation, with a checkpoint: a run that goes on from there
  /// begins with that evaluation.
  EvaluateOptions evaluation = {};
  Index patience = 0;         ///< stop after so many evaluations without a new best; 0: never
  bool restore_best = false;  ///< end with the weights of the best evaluation, also when training diverges

  std::filesystem::path checkpoint = {};  ///< empty: none. An existing file of the same run is resumed
  double checkpoint_seconds = 30.0;       ///< between checkpoints
  /// Called after every update and its evaluation, on every rank; returning false on any ends the run early, with a
  /// checkpoint.
  std::function<bool(const TrainingProgress&)> on_update = nullptr;
};

/// What a run did.
struct TrainReport {
  std::vector<double> losses;  ///< one an update, before that update
  std::vector<ValidationPoint> validation;
  double seconds = 0.0;  ///< spent training, over all sessions, evaluation not counted
  Index tokens = 0;      ///< of all ranks, ignored ones and padding too
  bool stopped = false;  ///< by `on_update`, or by `on_batch` of the evaluation

  [[nodiscard]] double tokens_per_second() const;
};

/// Thrown when a loss, a gradient or a weight is no number any more.
class Diverged : public Error {
 public:
  /// `reason` says what is no number, and at which step; `advice` is what the message ends with.
  Diverged(const std::string& reason, const std::string& advice, TrainReport report,
           std::optional<ValidationPoint> restored);

  [[nodiscard]] const std::string& reason() const noexcept { return told_->reason; }

  /// Of the updates before.
  [[nodiscard]] const TrainReport& report() const noexcept { return told_->report; }

  /// The evaluation whose weights the model has again: the best, where `restore_best` asks for it and there was one.
  [[nodiscard]] const std::optional<ValidationPoint>& restored() const noexcept { return told_->restored; }

 private:
  struct Told {
    std::string reason;
    TrainReport report;
    std::optional<ValidationPoint> restored;
  };

  std::shared_ptr<const Told> told_;  // exceptions are copied, and a copy must not throw
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/train/detail/train_options_inl.hpp>
#endif
