// SPDX-License-Identifier: MIT
// Fine-tunes a pretrained model on records by training scores and writes an adapter, metrics and a page beside it.
// Stopped or killed at any moment, it goes on from its last checkpoint when started again.
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/core/parallel_for.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "bases.hpp"
#include "memory.hpp"
#include "options.hpp"
#include "outputs.hpp"
#include "records.hpp"
#include "support/html.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "training.hpp"

namespace {

using namespace finetune;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Most memory that this process held, the pages of mapped files included.
double peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024.0;
}

std::string identity_of(const Options& options, const Records& records, const std::string& base,
                        const ampsft::BasisSet<float>& bases) {
  std::string text = ampsft::concat("base=", base, " records=", records.hash, " form=", form_name(options.form));
  for (const auto& [width, basis] : bases) {
    text += ampsft::concat(" basis", width, "=", ampsft::basis_hash(*basis));
  }
  return text;
}

/// Puts scores on the model and says how many.
void attach(const Options& options, ampsft::Transformer<float>& model, const ampsft::BasisSet<float>& bases,
            Index steps) {
  ampsft::attach_scores(model.weights(), bases, options.form, {.patterns = options.targets});
  std::printf("%td scores to train, %td steps\n", ampsft::trainable_count(model.parameters()), steps);
}

/// All that a run does before it trains, but for long work that nothing depends on.
void recompute(const Options& options, example::Pretrained& pretrained, const Records& records) {
  auto& model = pretrained.model();
  print_basis_plan(options, pretrained, records);
  const bool goes_on = !options.restart && std::filesystem::exists(options.checkpoint);
  // Whether a checkpoint belongs to this run can only be told with the bases that it would have.
  const std::string base = goes_on ? ampsft::base_hash(model.weights()) : "";
  const auto bases = goes_on ? make_bases(options, pretrained, records.training)
                             : stand_in_bases(options, pretrained, records.training);
  auto run = train_options(options, records, identity_of(options, records, base, bases));
  if (!goes_on) {
    run.checkpoint.clear();
  }
  attach(options, model, bases, run.steps);
  const Index step = prepare(options, run, model, records);
  if (goes_on) {
    std::printf("It would go on from step %td, the checkpoint in %s\n", step, options.checkpoint.string().c_str());
  }
  print_step_plan(options, model, records);
  std::printf("Dry run: nothing was trained\n");
}

/// How a run that diverged ends, once what there was is saved.
[[noreturn]] void fail_diverged(const Options& options, const Divergence& divergence, std::optional<double> loss) {
  ampsft::fail("training diverged: ", divergence.reason, ". ",
               divergence.best ? ampsft::concat("The best scores so far, those of step ", divergence.best->step,
                                                " (validation perplexity ", std::exp(loss.value()), "), are saved in ",
                                                options.output)
                               : "Nothing was saved, for there was no validation before",
               "; start again with a --learning-rate below ", options.learning_rate, " and --restart");
}

int run(const Options& options) {
  const auto start = Clock::now();
  check_outputs(options);
  example::Pretrained pretrained(options.model, {.storage = options.storage, .patterns = {"*"}});
  auto& model = pretrained.model();
  std::printf("%s loaded in %.1f s\n", pretrained.path().string().c_str(), seconds_since(start));
  const Records records = read_all_records(options, pretrained);
  model.checkpoint_blocks(options.checkpoint_blocks);
  ampsft::freeze(model.parameters());

  if (options.dry_run) {
    recompute(options, pretrained, records);
    return 0;
  }

  prepare_outputs(options);
  const std::string base = ampsft::base_hash(model.weights());
  print_basis_plan(options, pretrained, records);
  const auto basis_start = Clock::now();
  const auto bases = make_bases(options, pretrained, records.training);
  std::printf("Bases of %s in %.1f s\n", options.basis.c_str(), seconds_since(basis_start));
  const auto run = train_options(options, records, identity_of(options, records, base, bases));
  std::optional<double> before;
  if (records.validation) {
    before = measure(model, records, run.evaluation);
    std::printf("Validation perplexity of the untouched model: %.3f\n", std::exp(*before));
  }
  attach(options, model, bases, run.steps);
  print_step_plan(options, model, records);

  const auto outcome = train(options, run, model, records);
  const auto& divergence = outcome.divergence;
  if (outcome.report.stopped) {
    std::fprintf(stderr, "interrupted; the same command goes on from %s\n", options.checkpoint.string().c_str());
    return 130;
  }
  if (divergence && !divergence->best) {
    fail_diverged(options, *divergence, {});
  }
  const auto after = save(options, run, records, outcome, base, before, model);
  if (!divergence) {
    std::filesystem::remove(options.checkpoint);
  }
  if (after) {
    std::printf("Validation perplexity %.3f -> %.3f (%+.1f %%)\n", std::exp(*before), std::exp(*after),
                100.0 * (std::exp(*after - *before) - 1.0));
  }
  std::printf("Adapter %s, %s with scores in %s\n", options.output.string().c_str(),
              example::bytes(static_cast<double>(std::filesystem::file_size(options.output))).c_str(),
              std::string(ampsft::dtype_name(options.scores)).c_str());
  std::printf("Beside it: %s, %s\n", options.beside(".metrics.jsonl").filename().string().c_str(),
              options.beside(".html").filename().string().c_str());
  std::printf("%s in all, %.0f MiB of memory at the peak, the mapped model file included\n",
              example::clock_time(seconds_since(start)).c_str(), peak_bytes() / (1 << 20));
  if (divergence) {
    fail_diverged(options, *divergence, after);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program([&] {
    Options options;
    if (!parse_options(argc, argv, options)) {
      return 0;
    }
    ampsft::set_thread_count(options.threads);
    return run(options);
  });
}
