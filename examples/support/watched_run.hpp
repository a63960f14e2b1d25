// SPDX-License-Identifier: MIT
/// @file
/// A fine-tuning that is shown as it goes, and that an interrupt ends.
#pragma once

#include <ampsft/finetune/finetune.hpp>

#include <string>

#include "support/progress.hpp"

namespace example {

/// Prints text that ends with a new line, whether it has one or not; nothing for an empty one.
void print_text(const std::string& text);

/// Sets the callbacks of a run's options: notes are printed, progress is shown, SIGINT and SIGTERM end the run after an
/// update, or a batch of a validation. Must outlive the run; one at a time.
class WatchedRun {
 public:
  explicit WatchedRun(ampsft::FinetuneOptions& options);
  WatchedRun(const WatchedRun&) = delete;
  WatchedRun& operator=(const WatchedRun&) = delete;
  ~WatchedRun();

  /// The last line: steps, speed, time.
  void done(const ampsft::FinetuneResult& run);

 private:
  [[nodiscard]] std::string describe(const ampsft::TrainingProgress& progress) const;

  Progress shown_{"training"};
  double perplexity_ = 0.0;  // of the last validation; 0: none yet
  void (*on_interrupt_)(int);
  void (*on_terminate_)(int);
};

}  // namespace example
