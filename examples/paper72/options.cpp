// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <ampsft/core/error.hpp>

#include <CLI/CLI.hpp>

#include "support/command_line.hpp"

namespace paper72 {

std::string Stage::batch() const {
  return ampsft::concat(sequences, " x ", length, " tokens");
}

namespace {

/// The amount of work of each mode: quick shows the whole path in minutes, full trains until validation text stalls.
void set_mode(Options& options, bool full) {
  options.mode = full ? "full" : "quick";
  if (full) {
    options.pretraining = {3000, 4, 512, 150, 4};
    options.pretraining_rate = 1e-3;
    options.tuning = {2000, 2, 512, 100, 4};
    options.validation_windows = 64;
    options.rank_study = {4, 8, 16, 32, 64};
  } else {
    options.pretraining = {400, 4, 128, 100, 0};
    options.tuning = {110, 2, 128, 55, 0};
    options.validation_windows = 24;
    options.test_windows = 96;
  }
}

/// A model that trains in seconds, to see the program work.
ampsft::ModelConfig tiny() {
  ampsft::ModelConfig config;
  config.vocabulary = 400;
  config.context = 32;
  config.hidden_size = 32;
  config.layers = 2;
  config.heads = 4;
  config.intermediate_size = 64;
  return config;
}

}  // namespace

bool parse_options(int argc, char** argv, Options& options) {
  CLI::App app{
      "Amplitude-only SFT (paper 72) on real text: pretrains the paper's model, fine-tunes it in six ways and "
      "compares them."};
  bool quick = false;
  bool full = false;
  std::string model = "paper";
  Index pretrain_steps = 0;
  Index steps = 0;
  auto* quick_flag = app.add_flag("--quick", quick, "a few minutes on two cores (the default)");
  app.add_flag("--full", full, "train until validation loss stalls, and study the rank: most of a day")
      ->excludes(quick_flag);
  app.add_option("--pretrain-text", options.pretrain_text, "files or folders (default: King James Bible)");
  app.add_option("--sft-text", options.sft_text, "files or folders (default: Eigen's C++ headers)");
  app.add_option("--output", options.output, "folder for the base model, checkpoints and reports")
      ->capture_default_str();
  app.add_option("--rank", options.rank, "directions in the universal basis, K")->capture_default_str();
  app.add_option("--seeds", options.seeds, "repeat the fine-tunings; report mean and spread")->capture_default_str();
  example::add_threads(app, options.threads);
  app.add_option("--model", model, "paper: the paper's sizes; tiny: seconds, to see the program work")
      ->check(CLI::IsMember({"paper", "tiny"}))
      ->capture_default_str();
  app.add_option("--pretrain-steps", pretrain_steps, "instead of the mode's")->check(CLI::PositiveNumber);
  app.add_option("--steps", steps, "of each fine-tuning, instead of the mode's")->check(CLI::PositiveNumber);
  if (!example::parse_command_line(app, argc, argv)) {
    return false;
  }

  set_mode(options, full);
  if (model == "tiny") {
    options.model = tiny();
    options.pretraining.length = options.tuning.length = options.model.context;
  }
  if (pretrain_steps > 0) {
    options.pretraining.steps = pretrain_steps;
  }
  if (steps > 0) {
    options.tuning.steps = steps;
  }
  for (auto* stage : {&options.pretraining, &options.tuning}) {
    stage->evaluate_every = std::min(stage->evaluate_every, stage->steps);
  }
  std::erase_if(options.rank_study, [&](Index rank) { return rank > options.model.hidden_size; });
  ampsft::require(options.rank >= 1 && options.rank <= options.model.hidden_size,
                  "--rank must be between 1 and the model's ", "width of ", options.model.hidden_size, ", not ",
                  options.rank);
  ampsft::require(options.seeds >= 1, "--seeds must be at least 1, not ", options.seeds);
  return true;
}

}  // namespace paper72
