// SPDX-License-Identifier: MIT
/// @file
/// Whole training steps, forward, backward and AdamW, at the shapes of the paper's model, of GPT-2 124M and of
/// SmolLM2-135M.
///
/// A name is `model/form/threads:2`. Counters of the median step: tokens a second, GFLOP/s of the operations that the
/// form cannot do without, and their share of this process's multiply-adds (`share_of_peak`); planned bytes of
/// activations. The operations are those of support/transformer_operations.hpp; the head counts as a layer.
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/memory_plan.hpp>

#include "support/matrix_benchmarks.hpp"
#include "support/transformer_operations.hpp"

namespace {

using namespace bench;
using ampsft::ModelConfig;

/// Operations of a step that cannot be left out.
double operations(const ModelConfig& c, Index tokens, Form form, double rank) {
  const double block = block_operations(c, form, rank).both();
  const double head = layer_operations(c.vocabulary, c.hidden_size, form, rank).both();
  return static_cast<double>(tokens) * (static_cast<double>(c.layers.size()) * block + head);
}

void run(benchmark::State& state, const ModelConfig& config, Index sequences, Form form) {
  ampsft::Transformer<float> model(config);
  constexpr Index rank = 8;
  if (form != Form::dense) {
    const auto bases = ampsft::fit_bases(model.weights(), ampsft::RandomBasis{.rank = rank, .seed = 1});
    ampsft::freeze(model.parameters());
    ampsft::attach_scores(model.weights(), bases,
                          form == Form::exact_start ? ampsft::ScoreForm::exact_start : ampsft::ScoreForm::truncated);
  }
  ampsft::AdamW<float> optimizer({.learning_rate = 1e-4});
  ampsft::Tape<float> tape;
  ampsft::Random random(1);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(sequences * config.context));
  for (auto& token : tokens) {
    token = static_cast<std::int32_t>(random.below(config.vocabulary));
  }
  const auto parameters = model.parameters();
  const auto step = [&] {
    for (auto* parameter : parameters) {
      parameter->clear_gradient();
    }
    const auto loss = model.loss(tape, tokens, tokens, sequences);
    tape.backward(loss);
    tape.clear();
    optimizer.step(parameters);
  };
  step();
  const auto count = static_cast<double>(tokens.size());
  Work work;
  work.flops = operations(config, static_cast<Index>(tokens.size()), form, static_cast<double>(rank));
  work.read = work.written = 1.0;  // not counted
  measure<float>(state, work, Index{4} << 20, step);
  state.counters["tokens/s"] = count * state.counters["GFLOP/s"] * 1e9 / work.flops;
  state.counters["activations_MiB"] =
      static_cast<double>(ampsft::plan_memory(model, optimizer, sequences, config.context).activations) / (1 << 20);
  for (const char* unused : {"GB/s", "share_of_bandwidth", "share_of_limit"}) {
    state.counters.erase(unused);
  }
}

bool add() {
  auto gpt2 = ModelConfig::gpt2();
  gpt2.context = 256;
  const std::pair<const char*, ModelConfig> models[] = {
      {"paper72", ModelConfig::paper72()}, {"gpt2", gpt2}, {"smollm2", smollm2_config()}};
  for (const auto& [model, config] : models) {
    for (const auto& [name, form] : {std::pair("dense", Form::dense), std::pair("exact_start", Form::exact_start),
                                     std::pair("truncated", Form::truncated)}) {
      for (const int threads : {1, 2}) {
        const std::string full = std::string(model) + "/" + name + "/threads:" + std::to_string(threads);
        const Index sequences = config.context == 512 ? 4 : 2;
        benchmark::RegisterBenchmark(full.c_str(),
                                     [config = config, sequences, form = form, threads](benchmark::State& state) {
                                       ampsft::set_thread_count(threads);
                                       run(state, config, sequences, form);
                                     })
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond)
            ->Iterations(5);
      }
    }
  }
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
