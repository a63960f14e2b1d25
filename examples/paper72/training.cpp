// SPDX-License-Identifier: MIT
#include "training.hpp"

#include <ampsft/train/adamw.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "support/progress.hpp"

namespace paper72 {
namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_signal(int) {
  interrupted = 1;
}

std::string describe(const ampsft::TrainingProgress& progress) {
  char text[160];
  std::snprintf(text, sizeof text, "step %td/%td  loss %.3f  %.0f tokens/s  %s left", progress.step, progress.steps,
                progress.loss, progress.tokens_per_second, example::clock_time(progress.seconds_left).c_str());
  return text;
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

void stop_if_interrupted() {
  if (interrupted != 0) {
    throw Interrupted("interrupted; start again to go on");
  }
}

ampsft::TrainReport train(const std::string& name, Model& model, const ampsft::TokenStream& text,
                          const ampsft::TokenStream& validation, const Stage& stage, double learning_rate,
                          std::uint64_t seed, Index validation_windows, const std::filesystem::path& checkpoint) {
  stop_if_interrupted();
  example::Progress progress(name);
  ampsft::TrainOptions options;
  options.steps = stage.steps;
  options.sequences = stage.sequences;
  options.schedule = {ampsft::Decay::cosine, std::min<Index>(stage.steps / 10, 100), 0.1};
  options.seed = seed;
  options.evaluate_every = stage.evaluate_every;
  options.evaluation = {4, validation_windows};
  options.patience = stage.patience;
  options.restore_best = stage.patience > 0;
  options.checkpoint = checkpoint;
  options.checkpoint_seconds = 15.0;
  options.on_update = [&](const ampsft::TrainingProgress& state) {
    progress.show(describe(state));
    return interrupted == 0;
  };
  ampsft::Trainer trainer(model, ampsft::AdamW<float>({.learning_rate = learning_rate}));
  const auto report = trainer.fit(text, options, &validation);
  if (report.stopped) {
    throw Interrupted("interrupted; start again to go on from " + checkpoint.string());
  }
  char result[120];
  std::snprintf(result, sizeof result, "%zu steps  validation loss %.4f  %.0f tokens/s  %.1f s", report.losses.size(),
                report.validation.back().loss, report.tokens_per_second(), report.seconds);
  progress.done(result);
  return report;
}

}  // namespace paper72
