// SPDX-License-Identifier: MIT
#include "support/watched_run.hpp"

#include <ampsft/core/error.hpp>

#include <cmath>
#include <csignal>
#include <cstdio>

namespace example {

namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_signal(int) {
  interrupted = 1;
}

}  // namespace

void print_text(const std::string& text) {
  if (!text.empty()) {
    std::printf("%s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
  }
}

WatchedRun::WatchedRun(ampsft::FinetuneOptions& options)
    : on_interrupt_(std::signal(SIGINT, on_signal)), on_terminate_(std::signal(SIGTERM, on_signal)) {
  options.on_note = [this](const std::string& text) {
    shown_.erase();
    print_text(text);
  };
  options.on_update = [this](const ampsft::TrainingProgress& progress) {
    if (progress.validation_loss) {
      perplexity_ = std::exp(*progress.validation_loss);
    }
    shown_.show(describe(progress), progress.validation_loss.has_value());
    return interrupted == 0;
  };
  options.on_validation = [this](ampsft::Index done, ampsft::Index rows) {
    shown_.show(ampsft::concat("validation  ", done, " of ", rows, " rows"));
    return interrupted == 0;
  };
}

WatchedRun::~WatchedRun() {
  std::signal(SIGINT, on_interrupt_);
  std::signal(SIGTERM, on_terminate_);
}

std::string WatchedRun::describe(const ampsft::TrainingProgress& progress) const {
  char text[200];
  std::snprintf(text, sizeof text, "step %td/%td  loss %.3f  %.0f tokens/s  %s left", progress.step, progress.steps,
                progress.loss, progress.tokens_per_second, clock_time(progress.seconds_left).c_str());
  std::string line = text;
  if (perplexity_ > 0.0) {
    std::snprintf(text, sizeof text, "  validation perplexity %.3f", perplexity_);
    line += text;
  }
  return line;
}

void WatchedRun::done(const ampsft::FinetuneResult& run) {
  char text[160];
  std::snprintf(text, sizeof text, "%zu of %td steps  %.0f tokens/s  %s", run.losses.size(), run.steps,
                run.tokens_per_second(), clock_time(run.seconds).c_str());
  shown_.done(text);
}

}  // namespace example
