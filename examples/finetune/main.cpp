// SPDX-License-Identifier: MIT
// Fine-tunes a pretrained model on records and writes what was trained, metrics and a page beside it. Stopped or killed
// at any moment, it goes on from its last checkpoint when started again.
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/finetune/finetune.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/writable.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>

#include "options.hpp"
#include "support/html.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/run_page.hpp"
#include "support/watched_run.hpp"

namespace {

using namespace finetune;
using ampsft::Index;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void print_plan(const Options& options, const ampsft::FinetunePlan& plan) {
  example::print_text(plan.basis_memory);
  std::printf("%td %s to train, %td steps\n", plan.trained, options.run.method.index() == 0 ? "scores" : "numbers",
              plan.steps);
  if (plan.goes_on_from > 0) {
    std::printf("It would go on from step %td, the checkpoint in %s\n", plan.goes_on_from,
                options.run.checkpoint.string().c_str());
  }
  std::ostringstream memory;
  memory << plan.memory;
  std::printf("Memory of a step, besides some MiB that the kernels pack\n%s", memory.str().c_str());
  if (plan.best > 0) {
    std::printf("best so far   %12.1f MiB, beside\n", static_cast<double>(plan.best) / (1 << 20));
  }
  std::printf("Dry run: nothing was trained\n");
}

/// What the run says of itself where no adapter does.
std::string summary_of(const Options& options, const ampsft::FinetuneResult& run) {
  if (!run.adapter.empty()) {
    return run.adapter.training();
  }
  return ampsft::concat(R"({"method": "full", "learning_rate": )", options.run.rate(), R"(, "steps": )",
                        run.losses.size(), R"(, "tokens": )", run.tokens, R"(, "seed": )", options.run.seed, "}");
}

/// The page, LoRA for llama.cpp, and the last lines.
void report(const Options& options, const ampsft::FinetuneResult& run, Clock::time_point start) {
  ampsft::write_text(options.beside(".html"), example::run_page(run, summary_of(options, run)));
  if (run.validation_after) {
    std::printf("Validation perplexity %.3f -> %.3f (%+.1f %%)\n", std::exp(*run.validation_before),
                std::exp(*run.validation_after),
                100.0 * (std::exp(*run.validation_after - *run.validation_before) - 1.0));
  }
  const std::string output = options.run.output.string();
  if (const auto* scores = std::get_if<ampsft::Scores>(&options.run.method)) {
    std::printf("Adapter %s, %s with scores in %s\n", output.c_str(),
                example::bytes(static_cast<double>(std::filesystem::file_size(options.run.output))).c_str(),
                std::string(ampsft::dtype_name(scores->stored)).c_str());
  } else if (!run.adapter.empty()) {
    std::printf("LoRA, a folder for PEFT: %s\n", output.c_str());
    try {
      run.adapter.export_gguf(options.beside(".gguf"));
      std::printf("The same for llama.cpp: %s\n", options.beside(".gguf").string().c_str());
    } catch (const ampsft::Error& error) {
      std::printf("No file for llama.cpp: %s\n", error.what());
    }
  } else {
    std::printf("Model %s, a Hugging Face folder\n", output.c_str());
  }
  std::printf("Beside it: %s, %s\n", options.run.metrics.filename().string().c_str(),
              options.beside(".html").filename().string().c_str());
  std::printf("%s in all, %.0f MiB of memory at the peak, the mapped model file included\n",
              example::clock_time(seconds_since(start)).c_str(), static_cast<double>(run.peak_bytes) / (1 << 20));
}

int run(Options options) {
  const auto start = Clock::now();
  ampsft::require_writable(options.beside(".html"));
  options.run.check_files();  // before the model is read
  auto model = ampsft::LanguageModel::load(example::existing_model(options.model),
                                           {.chat_template = options.model.chat_template, .storage = options.storage});
  std::printf("%s loaded in %.1f s\n", model.path().string().c_str(), seconds_since(start));
  const auto data = model.dataset(options.data, options.dataset);
  example::print_text(data.report());
  if (options.dry_run) {
    print_plan(options, ampsft::plan_finetune(model, data, options.run));
    return 0;
  }
  example::WatchedRun watched(options.run);
  try {
    const auto result = ampsft::finetune(model, data, options.run);
    watched.done(result);
    if (result.stopped) {
      std::fprintf(stderr, "interrupted; the same command goes on from %s\n", options.run.checkpoint.string().c_str());
      return 130;
    }
    report(options, result, start);
  } catch (const ampsft::FinetuneDiverged& error) {
    const std::string advice =
        ampsft::concat("; start again with a --learning-rate below ", options.run.rate(), " and --restart");
    const ampsft::FinetuneResult* const best = error.best();
    if (best == nullptr) {
      ampsft::fail("training diverged: ", error.reason(), ". Nothing was saved, for there was no validation before",
                   advice);
    }
    watched.done(*best);
    report(options, *best, start);
    ampsft::fail("training diverged: ", error.reason(), ". The best ", best->adapter.empty() ? "weights" : "scores",
                 " so far, those of step ", best->best->step, " (validation perplexity ",
                 std::exp(best->validation_after.value()), "), are saved in ", options.run.output, advice);
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
