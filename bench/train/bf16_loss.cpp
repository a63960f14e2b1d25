// SPDX-License-Identifier: MIT
/// @file
/// What bfloat16 in the frozen weights and in their products does to the losses of a training: `tools/bench --bf16`.
///
/// The paper's model learns the King James Bible densely, then C++ headers by scores of rank 8 on every matrix from the
/// exact start: with frozen weights in float, kept in bfloat16, and multiplied in bfloat16, over the same batches, and
/// with another seed over other ones. Every training takes the same steps of 2 x 512 tokens. A training from float
/// weights each moved by one unit in the last place shows how far rounding alone drives two trainings apart.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/model/transformer_file.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/evaluate.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "paper72/corpus.hpp"
#include "paper72/training.hpp"
#include "support/machine.hpp"
#include "support/program.hpp"

namespace {

using ampsft::Index;
using paper72::Model;

enum class Frozen { floats, moved_floats, kept_in_bf16, multiplied_in_bf16 };

struct Variant {
  const char* name;
  Frozen frozen;
};

constexpr Variant variants[] = {{"float", Frozen::floats},
                                {"float, a unit away", Frozen::moved_floats},
                                {"bfloat16 weights", Frozen::kept_in_bf16},
                                {"bfloat16 weights and products", Frozen::multiplied_in_bf16}};

struct Run {
  const char* variant;
  Index seed;
  ampsft::TrainReport report;
};

/// The base with scores, which are zero, on every matrix.
void parameterise(Model& model, const ampsft::BasisSet<float>& bases, Frozen frozen) {
  ampsft::freeze(model.parameters());
  if (frozen == Frozen::moved_floats) {
    for (auto* parameter : model.parameters()) {
      std::transform(parameter->value.storage().begin(), parameter->value.storage().end(),
                     parameter->value.storage().begin(),
                     [](float x) { return std::nextafter(x, std::numeric_limits<float>::infinity()); });
    }
  } else if (frozen != Frozen::floats) {
    ampsft::keep_in_bf16(model.weights(), {},
                         frozen == Frozen::multiplied_in_bf16 ? ampsft::Arithmetic::bf16 : ampsft::Arithmetic::full);
  }
  ampsft::attach_scores(model.weights(), bases, ampsft::ScoreForm::exact_start,
                        {.patterns = {"*"}, .tied = ampsft::Tied::separate});
}

/// The mean of the losses of steps `first` to `last`, counted from 1.
double mean_loss(const Run& run, Index first, Index last) {
  double sum = 0.0;
  for (Index i = first - 1; i < last; ++i) {
    sum += run.report.losses[static_cast<std::size_t>(i)];
  }
  return sum / static_cast<double>(last - first + 1);
}

/// The greatest difference of one step's losses, of the first `steps`.
double greatest_difference(const Run& a, const Run& b, Index steps) {
  double most = 0.0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(steps); ++i) {
    most = std::max(most, std::abs(a.report.losses[i] - b.report.losses[i]));
  }
  return most;
}

/// `runs` begin with a seed's float run.
void print_table(const std::vector<Run>& runs, Index steps) {
  const Index head = std::min<Index>(steps, 20);
  const Index tail = std::max<Index>(steps / 6, 1);
  std::printf(
      "\n| seed | frozen weights | first loss | furthest from float in steps 1 to %td | mean of the last %td |"
      " validation halfway | at the end | tokens/s |\n|---|---|---|---|---|---|---|---|\n",
      head, tail);
  const Run* reference = nullptr;
  for (const Run& run : runs) {
    if (reference == nullptr || reference->seed != run.seed) {
      reference = &run;
    }
    const auto& validation = run.report.validation;
    std::printf("| %td | %s | %.4f | %.5f | %.4f | %.4f | %.4f | %.0f |\n", run.seed, run.variant,
                run.report.losses.front(), greatest_difference(run, *reference, head),
                mean_loss(run, steps - tail + 1, steps), validation[validation.size() / 2 - 1].loss,
                validation.back().loss, run.report.tokens_per_second());
  }
}

nlohmann::json to_json(const std::vector<Run>& runs) {
  nlohmann::json all = {{"machine", bench::machine()}, {"runs", nlohmann::json::array()}};
  for (const Run& run : runs) {
    nlohmann::json validation = nlohmann::json::array();
    for (const auto& point : run.report.validation) {
      validation.push_back({point.step, point.loss});
    }
    all["runs"].push_back({{"frozen", run.variant},
                           {"seed", run.seed},
                           {"losses", run.report.losses},
                           {"validation", validation},
                           {"tokens_per_second", run.report.tokens_per_second()}});
  }
  return all;
}

int measure(const std::filesystem::path& output, Index steps, Index seeds) {
  paper72::catch_interrupts();
  std::filesystem::create_directories(output);
  paper72::Options options;
  options.output = output;
  const Index evaluations = std::max<Index>(steps / 6, 1);
  const paper72::Stage stage{steps, 2, options.model.context, evaluations, 0};
  options.pretraining = options.tuning = stage;
  constexpr Index windows = 16;
  const paper72::Texts texts = paper72::load_texts(options);

  Model base(options.model, 1);
  paper72::train("dense", base, texts.pretraining.train, texts.pretraining.validation, stage, 2e-3, 1, windows, {});
  const auto bases = ampsft::fit_bases(base.weights(), {.rank = 8});
  const auto file = output / "bf16_base.safetensors";
  ampsft::save_transformer(file, base);

  std::vector<Run> runs;
  for (Index seed = 1; seed <= seeds; ++seed) {
    for (const auto& [name, frozen] : variants) {
      Model model = ampsft::load_transformer<float>(file);
      parameterise(model, bases, frozen);
      runs.push_back(
          {name, seed,
           paper72::train(ampsft::concat(name, ", seed ", seed), model, texts.sft.train, texts.sft.validation, stage,
                          1.5e-2, static_cast<std::uint64_t>(seed), windows, {})});
    }
  }
  ampsft::write_text(output / "bf16_loss.json", to_json(runs).dump(1) + "\n");
  print_table(runs, steps);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program([&] {
    std::filesystem::path output = "out/bench";
    Index steps = 300;
    Index seeds = 2;
    for (int i = 1; i < argc; i += 2) {
      const std::string name = argv[i];
      ampsft::require(i + 1 < argc, "usage: bf16_loss [--output FOLDER] [--steps N] [--seeds N]");
      if (name == "--output") {
        output = argv[i + 1];
      } else {
        ampsft::require(name == "--steps" || name == "--seeds", "unknown argument ", name);
        Index& number = name == "--steps" ? steps : seeds;
        number = std::stol(argv[i + 1]);
        ampsft::require(number >= 1, name, " must be at least 1");
      }
    }
    ampsft::require(steps >= 12, "--steps must be at least 12, or there is nothing to compare");
    return measure(output, steps, seeds);
  });
}
