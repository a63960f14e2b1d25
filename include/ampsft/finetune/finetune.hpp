// SPDX-License-Identifier: MIT
/// @file
/// Fine-tuning of a language model on records, in one call.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/adapter.hpp>
#include <ampsft/finetune/dataset.hpp>
#include <ampsft/finetune/finetune_options.hpp>
#include <ampsft/finetune/language_model.hpp>
#include <ampsft/train/memory_plan.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// What a fine-tuning would do.
struct FinetunePlan {
  Index steps = 0;
  Index trained = 0;         ///< numbers that are trained
  MemoryPlan memory;         ///< of a step
  Index best = 0;            ///< bytes of the best weights that are kept beside, where there is validation
  std::string basis_memory;  ///< what making the bases takes, as text, where that is more than the model
  Index goes_on_from = 0;    ///< the step of the checkpoint; 0: from the start
};

/// What a fine-tuning did.
struct FinetuneResult {
  std::vector<double> losses;  ///< one an update, before that update, in nats a token
  std::vector<ValidationPoint> validation;
  std::optional<double> validation_before;  ///< the loss of the model before
  std::optional<double> validation_after;   ///< that of what is left: the best weights, as they are stored
  Adapter adapter;                          ///< in use by the model; empty after full fine-tuning
  Index steps = 0;                          ///< that were asked for
  Index trained = 0;                        ///< numbers that were trained
  Index tokens = 0;                         ///< that were read, padding left out
  double seconds = 0.0;                     ///< of training, over all sessions, validation left out
  MemoryPlan memory;                        ///< of a step
  Index peak_bytes = 0;  ///< most memory that the process ever held, pages of mapped files included; 0: not known
  std::optional<ValidationPoint> best;  ///< the validation whose numbers are left, if they are not the last ones
  bool stopped = false;                 ///< by a callback; the checkpoint has the rest
  std::optional<std::string> diverged;  ///< why it could not go on

  [[nodiscard]] double tokens_per_second() const { return seconds > 0.0 ? static_cast<double>(tokens) / seconds : 0.0; }
};

/// Thrown where a fine-tuning diverged. If there had been a validation before, the model has the weights of the best
/// one, and `best()` is what they are worth; else it is as it was. (Weights that a full fine-tuning had changed before
/// are lost then: they were in memory alone.)
class FinetuneDiverged : public Error {
 public:
  FinetuneDiverged(const std::string& reason, const std::string& advice, std::shared_ptr<const FinetuneResult> best)
      : Error(concat("finetune: training diverged: ", reason, ". ", advice)),
        reason_(std::make_shared<const std::string>(reason)),
        best_(std::move(best)) {}

  /// What is no number any more, and at which step.
  [[nodiscard]] const std::string& reason() const noexcept { return *reason_; }

  /// Null if there was no validation.
  [[nodiscard]] const FinetuneResult* best() const noexcept { return best_.get(); }

 private:
  std::shared_ptr<const std::string> reason_;  // exceptions are copied, and a copy must not throw
  std::shared_ptr<const FinetuneResult> best_;
};

/// Trains a model on records, and leaves it with what was learned: an adapter in use, or changed weights.
///
/// Where there are records for validation, the weights of the best validation are kept. Same options, records, model
/// and threads: the same numbers bit for bit, also over a kill and the checkpoint. A lock beside the checkpoint keeps
/// a second run away.
///
/// Throws `Error` for options that cannot be, a dataset of another tokenizer or template, a model that has an adapter
/// already (see `continue_adapter`), a weight that holds a NaN, a file that cannot be written, a checkpoint of another
/// run; and `FinetuneDiverged`. Memory: see `plan_finetune`.
AMPSFT_HEADER_INLINE FinetuneResult finetune(LanguageModel& model, const Dataset& data,
                                             const FinetuneOptions& options = {});

/// Does what `finetune` does before its first update, but for long work that nothing depends on, and refuses what that
/// refuses. The model is as it was afterwards.
[[nodiscard]] AMPSFT_HEADER_INLINE FinetunePlan plan_finetune(LanguageModel& model, const Dataset& data,
                                                              const FinetuneOptions& options = {});

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/finetune_inl.hpp>
#endif
