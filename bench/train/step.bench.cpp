// SPDX-License-Identifier: MIT
/// @file
/// Whole training steps, forward, backward and AdamW, at the shapes of the paper's model, of GPT-2 124M and of
/// SmolLM2-135M.
///
/// A name is `model/form/threads:2`. Counters of the median step: tokens a second, GFLOP/s of the operations that the
/// form cannot do without, and their share of this process's multiply-adds (`share_of_peak`); planned bytes of
/// activations. The operations counted: of a layer of `n x d` 2 n d a token forward and, for each gradient that the
/// form needs, once more; attention 2 h a head, query and key that it sees forward and 5 h backward (times two
/// operations a multiply-add); the head as a layer. Nothing else is counted.
#include <ampsft/nn/transformer.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/memory_plan.hpp>

#include "support/matrix_benchmarks.hpp"

namespace {

using namespace bench;
using ampsft::TransformerConfig;

enum class Form { dense, exact_start, truncated };

/// Operations of a step that cannot be left out.
double operations(const TransformerConfig& c, Index tokens, Form form, double rank) {
  const auto layer = [&](Index outputs, Index inputs) {
    const auto n = static_cast<double>(outputs);
    const auto d = static_cast<double>(inputs);
    const double factors = 3.0 * 2.0 * rank * (n + d);
    switch (form) {
      case Form::dense:
        return 3.0 * 2.0 * n * d;
      case Form::exact_start:
        return 2.0 * 2.0 * n * d + factors;
      case Form::truncated:
        return factors;
    }
    return 0.0;
  };
  const double block = layer(c.query_width(), c.width) + 2.0 * layer(c.key_width(), c.width) +
                       layer(c.width, c.query_width()) + (c.gated() ? 2.0 : 1.0) * layer(c.mlp_width, c.width) +
                       layer(c.width, c.mlp_width);
  // Half of the keys are seen; a multiply-add is two operations.
  const double attention = 7.0 * static_cast<double>(c.query_width() * c.context);
  return static_cast<double>(tokens) *
         (static_cast<double>(c.layers) * (block + attention) + layer(c.vocabulary, c.width));
}

void run(benchmark::State& state, const TransformerConfig& config, Index sequences, Form form) {
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

/// A Llama of 30 layers.
TransformerConfig smollm2() {
  TransformerConfig config;
  config.vocabulary = 49152;
  config.context = 256;
  config.width = 576;
  config.layers = 30;
  config.heads = 9;
  config.kv_heads = 3;
  config.mlp_width = 1536;
  config.norm = ampsft::NormKind::rms;
  config.positions = ampsft::PositionKind::rotary;
  config.activation = ampsft::Activation::silu;
  config.attention_bias = config.attention_output_bias = config.mlp_bias = false;
  return config;
}

bool add() {
  auto gpt2 = TransformerConfig::gpt2();
  gpt2.context = 256;
  const std::pair<const char*, TransformerConfig> models[] = {
      {"paper72", TransformerConfig::paper72()}, {"gpt2", gpt2}, {"smollm2", smollm2()}};
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
