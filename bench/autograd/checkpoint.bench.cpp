// SPDX-License-Identifier: MIT
/// @file
/// Blocks of a transformer, forward and backward, computed again in the backward pass (`ops/checkpoint.hpp`) and kept:
/// time and memory, for a block of the paper's model and of SmolLM2-135M, and for four in a row.
///
/// A name is `smollm2/exact_start/blocks:4/threads:1`. The time shown is that with checkpoints; the same without takes
/// turns with it. Counters: `kept_ms`, that time; `ratio`, and `least_ratio`, that of the operations that no program
/// can leave out, whose rate is `GFLOP/s`, with its share of this process's multiply-adds; `MiB` and `kept_MiB`, the
/// most that the tapes held at once.
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "support/interleave.hpp"
#include "support/limits.hpp"
#include "support/transformer_operations.hpp"

namespace {

using namespace bench;
using ampsft::ModelConfig;

/// A few blocks and their tokens. The embedding is small and the head not used.
class Blocks {
 public:
  Blocks(const ModelConfig& config, Index sequences, Form form, bool checkpoints)
      : sequences_(sequences), model_(config), tokens_(static_cast<std::size_t>(sequences * config.context)) {
    if (form == Form::exact_start) {
      const auto bases = ampsft::fit_bases(model_.weights(), ampsft::RandomBasis{.rank = rank, .seed = 1});
      ampsft::freeze(model_.parameters());
      ampsft::attach_scores(model_.weights(), bases, ampsft::ScoreForm::exact_start);
    }
    model_.checkpoint_blocks(checkpoints);
    ampsft::Random random(1);
    for (auto& token : tokens_) {
      token = static_cast<std::int32_t>(random.below(config.vocabulary));
    }
    gradient_ = ampsft::make_matrix<float>(static_cast<Index>(tokens_.size()), config.hidden_size, 1e-3F);
  }

  void pass() {
    for (auto* parameter : model_.parameters()) {
      parameter->clear_gradient();
    }
    tape_.backward(model_.hidden(tape_, tokens_, sequences_), gradient_);
    tape_.clear();
  }

  [[nodiscard]] Index tokens() const { return static_cast<Index>(tokens_.size()); }
  [[nodiscard]] double megabytes() const { return static_cast<double>(tape_.bytes()) / (1 << 20); }

  static constexpr Index rank = 8;

 private:
  Index sequences_;
  ampsft::Transformer<float> model_;
  std::vector<std::int32_t> tokens_;
  ampsft::Matrix<float> gradient_;
  ampsft::Tape<float> tape_;
};

void run(benchmark::State& state, const ModelConfig& config, Index sequences, Form form) {
  Blocks again(config, sequences, form, true);
  Blocks kept(config, sequences, form, false);
  std::vector<Timing> timings;
  for (auto _ : state) {
    constexpr double budget = 1.0;  // seconds
    timings = interleave({{"again", "", [&] { again.pass(); }}, {"kept", "", [&] { kept.pass(); }}}, budget);
    state.SetIterationTime(timings[0].seconds);
  }
  const PassOperations block = block_operations(config, form, static_cast<double>(Blocks::rank));
  const double more = block.both() + block.forward;
  const double rate = more * static_cast<double>(config.layers.size() * again.tokens()) / timings[0].seconds;
  state.counters["kept_ms"] = 1e3 * timings[1].seconds;
  state.counters["ratio"] = timings[0].seconds / timings[1].seconds;
  state.counters["least_ratio"] = more / block.both();
  state.counters["GFLOP/s"] = rate / 1e9;
  state.counters["share_of_peak"] = rate / limits_for<float>(Index{4} << 20).flops;
  state.counters["MiB"] = again.megabytes();
  state.counters["kept_MiB"] = kept.megabytes();
}

bool add() {
  for (const auto& [model, whole] :
       {std::pair("paper72", ModelConfig::paper72()), std::pair("smollm2", smollm2_config())}) {
    for (const auto& [name, form] : {std::pair("dense", Form::dense), std::pair("exact_start", Form::exact_start)}) {
      for (const Index blocks : {1, 4}) {
        ModelConfig config = whole;
        config.layers = {blocks, config.layers.front()};
        config.vocabulary = 256;
        for (const int threads : {1, 2}) {
          const std::string full = std::string(model) + "/" + name + "/blocks:" + std::to_string(blocks) +
                                   "/threads:" + std::to_string(threads);
          const Index sequences = config.context == 512 ? 4 : 2;
          benchmark::RegisterBenchmark(full.c_str(),
                                       [config, sequences, form = form, threads](benchmark::State& state) {
                                         ampsft::set_thread_count(threads);
                                         run(state, config, sequences, form);
                                       })
              ->UseManualTime()
              ->Unit(benchmark::kMillisecond)
              ->Iterations(1);
        }
      }
    }
  }
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
