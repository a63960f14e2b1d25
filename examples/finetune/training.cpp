// SPDX-License-Identifier: MIT
#include "training.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "metrics.hpp"
#include "support/progress.hpp"

namespace finetune {
namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_signal(int) {
  interrupted = 1;
}

/// Interrupts are noted while it lives; then they do what they did before.
class CaughtSignals {
 public:
  CaughtSignals() : interrupt_(std::signal(SIGINT, on_signal)), terminate_(std::signal(SIGTERM, on_signal)) {}
  CaughtSignals(const CaughtSignals&) = delete;
  CaughtSignals& operator=(const CaughtSignals&) = delete;
  ~CaughtSignals() {
    std::signal(SIGINT, interrupt_);
    std::signal(SIGTERM, terminate_);
  }

 private:
  void (*interrupt_)(int);
  void (*terminate_)(int);
};

std::string describe(const ampsft::TrainingProgress& progress, double tokens_per_second, double perplexity) {
  char text[200];
  std::snprintf(text, sizeof text, "step %td/%td  loss %.3f  %.0f tokens/s  %s left", progress.step, progress.steps,
                progress.loss, tokens_per_second, example::clock_time(progress.seconds_left).c_str());
  std::string line = text;
  if (perplexity > 0.0) {
    std::snprintf(text, sizeof text, "  validation perplexity %.3f", perplexity);
    line += text;
  }
  return line;
}

const ampsft::PackedDataset* validation_of(const Records& records) {
  return records.validation ? &*records.validation : nullptr;
}

}  // namespace

ampsft::AdamW<float> make_optimizer(const Options& options) {
  return ampsft::AdamW<float>({.learning_rate = options.learning_rate, .weight_decay = options.weight_decay});
}

ampsft::TrainOptions train_options(const Options& options, const Records& records, const std::string& identity) {
  const Index rows = records.training.window_count();
  const Index update = options.batch * options.accumulation;
  ampsft::TrainOptions run;
  run.steps = options.steps > 0 ? options.steps : (options.epochs * rows + update - 1) / update;
  run.sequences = options.batch;
  run.accumulation = options.accumulation;
  run.clip_norm = options.clip;
  run.schedule = {options.decay, std::lround(options.warmup * static_cast<double>(run.steps)), 0.1};
  run.seed = options.seed;
  run.identity = identity;
  if (records.validation) {
    const Index epoch = (rows + update - 1) / update;
    run.evaluate_every = std::min(options.evaluate_every > 0 ? options.evaluate_every : epoch, run.steps);
    run.evaluation.sequences = options.batch;
    run.patience = options.patience;
    run.restore_best = true;
  }
  run.checkpoint = options.checkpoint;
  run.checkpoint_seconds = options.checkpoint_seconds;
  return run;
}

Index prepare(const Options& options, const ampsft::TrainOptions& run, ampsft::Transformer<float>& model,
              const Records& records) {
  return ampsft::Trainer(model, make_optimizer(options)).prepare(records.training, run, validation_of(records));
}

Outcome train(const Options& options, ampsft::TrainOptions run, ampsft::Transformer<float>& model,
              const Records& records) {
  const CaughtSignals caught;
  Metrics metrics(options.beside(".metrics.jsonl"));
  example::Progress shown("training");
  const double filled = records.training.packed().filled();
  double perplexity = 0.0;  // of the last validation; 0: none yet
  run.on_update = [&](const ampsft::TrainingProgress& progress) {
    const double tokens_per_second = progress.tokens_per_second * filled;
    nlohmann::json line{{"loss", progress.loss},
                        {"gradient_norm", progress.gradient_norm},
                        {"learning_rate", options.learning_rate * progress.learning_rate_factor},
                        {"tokens_per_second", tokens_per_second}};
    if (progress.validation_loss) {
      perplexity = std::exp(*progress.validation_loss);
      line["validation_loss"] = *progress.validation_loss;
      line["validation_perplexity"] = perplexity;
    }
    metrics.add(progress.step, line);
    shown.show(describe(progress, tokens_per_second, perplexity), progress.validation_loss.has_value());
    return interrupted == 0;
  };
  run.evaluation.on_batch = [&](Index done, Index rows) {
    shown.show(ampsft::concat("validation  ", done, " of ", rows, " rows"));
    return interrupted == 0;
  };
  Outcome outcome;
  try {
    ampsft::Trainer trainer(model, make_optimizer(options));
    outcome.report = trainer.fit(records.training, run, validation_of(records));
  } catch (const ampsft::Diverged& error) {
    outcome = {error.report(), Divergence{error.reason(), error.restored()}};
  }
  auto& report = outcome.report;
  report.tokens = std::lround(static_cast<double>(report.tokens) * filled);
  char result[160];
  std::snprintf(result, sizeof result, "%zu of %td steps  %.0f tokens/s  %s", report.losses.size(), run.steps,
                report.tokens_per_second(), example::clock_time(report.seconds).c_str());
  shown.done(result);
  return outcome;
}

}  // namespace finetune
