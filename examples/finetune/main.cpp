// SPDX-License-Identifier: MIT
// Fine-tunes a pretrained model on records by training scores and writes an adapter, metrics and a page beside it.
// Stopped or killed at any moment, it goes on from its last checkpoint when started again.
#include <ampsft/adapter/score_adapter_file.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/train/memory_plan.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <optional>
#include <system_error>

#include "bases.hpp"
#include "options.hpp"
#include "page.hpp"
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

/// Makes the output's folder and proves that it can be written, before any work is done.
void prepare_output(const Options& options) {
  for (const path& file : {options.output, options.checkpoint}) {
    std::error_code error;
    if (file.has_parent_path()) {
      std::filesystem::create_directories(file.parent_path(), error);
    }
    ampsft::require(!error, "cannot make the folder of ", file, ": ", error.message());
    ampsft::require(!std::filesystem::is_directory(file), file, " is a folder, not a file");
  }
  const path probe = options.beside(".writable");
  ampsft::write_text(probe, "");
  std::filesystem::remove(probe);
  if (options.restart) {
    std::filesystem::remove(options.checkpoint);
  }
}

std::string form_name(ampsft::ScoreForm form) {
  return form == ampsft::ScoreForm::exact_start ? "exact start" : "truncated";
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) {
    all += (all.empty() ? "" : ", ") + word;
  }
  return all;
}

std::string identity_of(const Options& options, const Records& records, const std::string& base,
                        const ampsft::BasisByWidth<float>& bases) {
  std::string text = ampsft::concat("base=", base, " records=", records.hash, " form=", form_name(options.form));
  for (const auto& [width, basis] : bases) {
    text += ampsft::concat(" basis", width, "=", ampsft::basis_hash(*basis));
  }
  return text;
}

/// The plan of a step.
void print_plan(const Options& options, ampsft::Transformer<float>& model, const Records& records) {
  const auto batch = records.training.shuffled_batch(options.seed, 0, options.batch);
  std::cout << "Memory of a step, besides some MiB that the kernels pack\n"
            << ampsft::plan_memory(model, make_optimizer(options), batch.view());
}

/// What the adapter says of its training.
nlohmann::json summary_of(const Options& options, const ampsft::TrainOptions& run, const Records& records,
                          const ampsft::TrainReport& report) {
  return {{"model", options.model.model.filename().string()},
          {"records", records.training_count},
          {"learned_from", options.loss == ampsft::LossOn::answers ? "answers" : "everything"},
          {"context", records.training.length()},
          {"rank", options.rank},
          {"form", form_name(options.form)},
          {"basis", options.basis},
          {"targets", joined(options.targets)},
          {"optimiser", ampsft::concat("AdamW, ", run.schedule.describe())},
          {"learning_rate", options.learning_rate},
          {"batch", ampsft::concat(options.batch, " x ", options.accumulation)},
          {"steps", report.losses.size()},
          {"seed", options.seed},
          {"tokens", report.tokens},
          {"seconds", report.seconds},
          {"training_loss", report.losses.back()}};
}

/// Puts the scores of the file onto the model that they were trained on: what was rounded is what is measured.
void use_stored(ampsft::Transformer<float>& model, const ampsft::ScoreAdapter<float>& stored) {
  for (const auto& matrix : stored.matrices) {
    for (auto* weight : model.weights()) {
      if (weight->name() == matrix.weights.front()) {
        weight->leaves().front()->value = matrix.scores;
      }
    }
  }
}

/// The loss on the records for validation.
double measure(ampsft::Transformer<float>& model, const Records& records, ampsft::EvaluateOptions options) {
  example::Progress shown("validation");
  options.on_batch = [&](Index done, Index rows) { shown.show(ampsft::concat(done, " of ", rows, " rows")); };
  return ampsft::evaluate(model, *records.validation, options).loss;
}

/// Writes the adapter and its page; returns the loss of what was written, if there are records for validation.
std::optional<double> save(const Options& options, const ampsft::TrainOptions& run, const Records& records,
                           const ampsft::TrainReport& report, const std::string& base, std::optional<double> before,
                           ampsft::Transformer<float>& model) {
  auto adapter = ampsft::take_adapter(model.weights(), base);
  adapter.training = summary_of(options, run, records, report);
  const auto write = [&] {
    ampsft::save_adapter(options.output, adapter, {.scores = options.scores, .basis_file = {}});
  };
  write();
  std::optional<double> after;
  if (before) {
    use_stored(model, ampsft::load_adapter<float>(options.output));
    after = measure(model, records, run.evaluation);
    adapter.training["validation_loss_before"] = *before;
    adapter.training["validation_loss"] = *after;
    adapter.training["validation_perplexity_before"] = std::exp(*before);
    adapter.training["validation_perplexity"] = std::exp(*after);
    write();
  }
  ampsft::write_text(options.beside(".html"), run_page(report, before.value_or(0.0), adapter.training));
  return after;
}

int run(const Options& options) {
  const auto start = Clock::now();
  example::Pretrained pretrained(options.model, {.storage = options.storage, .patterns = {"*"}});
  auto& model = pretrained.model();
  std::printf("%s loaded in %.1f s\n", pretrained.path().string().c_str(), seconds_since(start));
  const Records records = read_all_records(options, pretrained);
  model.checkpoint_blocks(options.checkpoint_blocks);
  ampsft::freeze(model.parameters());

  if (options.dry_run) {
    ampsft::attach_scores(model.weights(), make_random_bases(options, pretrained), options.form,
                          {.patterns = options.targets});
    std::printf("%td scores to train, %td steps\n", ampsft::trainable_count(model.parameters()),
                train_options(options, records, "").steps);
    print_plan(options, model, records);
    std::printf("Dry run: nothing was trained\n");
    return 0;
  }

  prepare_output(options);
  const std::string base = ampsft::base_hash(model.weights());
  const auto basis_start = Clock::now();
  const auto bases = make_bases(options, pretrained, records.training);
  std::printf("Bases of %s in %.1f s\n", options.basis.c_str(), seconds_since(basis_start));
  const auto run = train_options(options, records, identity_of(options, records, base, bases));
  std::optional<double> before;
  if (records.validation) {
    before = measure(model, records, run.evaluation);
    std::printf("Validation perplexity of the untouched model: %.3f\n", std::exp(*before));
  }
  ampsft::attach_scores(model.weights(), bases, options.form, {.patterns = options.targets});
  std::printf("%td scores to train, %td steps\n", ampsft::trainable_count(model.parameters()), run.steps);
  print_plan(options, model, records);
  std::cout.flush();

  const auto report = train(options, run, model, records);
  if (report.stopped) {
    std::fprintf(stderr, "interrupted; the same command goes on from %s\n", options.checkpoint.string().c_str());
    return 130;
  }
  const auto after = save(options, run, records, report, base, before, model);
  std::filesystem::remove(options.checkpoint);
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
