// SPDX-License-Identifier: MIT
/// @file
/// A thousand variants of the paper's model in memory: bytes of each, switching, batches in which all differ.
///
/// - `memory`: growth of the process a variant, beside its scores (`over_scores`: the share that is more).
/// - `switch`: seconds of finding a variant by its name and selecting it, names in random order.
/// - `batch/tokens:16/threads:2`: 32 sequences of 16 tokens to their last logits, each with a variant of its own (the
///   time shown), beside the same with one variant for all (`one_ms`) and with the base alone (`base_ms`); the three
///   take turns, of several passes if those are short, for the first finds in the cache what another's left. `ratio`:
///   median over median of one variant's.
#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "support/interleave.hpp"
#include "support/resident.hpp"

namespace {

using namespace ampsft;

constexpr Index variant_count = 1000;

std::string name_of(Index i) {
  return concat("variant-", i);
}

/// The paper's model on a store with its thousand variants; made when it is first asked for.
class Thousand {
 public:
  static Thousand& get() {
    static Thousand all;
    return all;
  }

  Transformer<float> model{ModelConfig::paper72()};
  std::unique_ptr<VariantStore<float>> store;
  std::shared_ptr<VariantSelection<float>> selection;
  double bytes_each = 0;  ///< what the process grew by

 private:
  Thousand() {
    Transformer<float> twin{ModelConfig::paper72()};
    const auto bases = fit_bases(twin.weights(), RandomBasis{.rank = 8, .seed = 1}, paper72_targets());
    const AttachTargets targets{.patterns = paper72_targets(), .tied = Tied::separate};
    const auto leaves = attach_scores(twin.weights(), bases, ScoreForm::exact_start, targets);
    auto adapter = take_adapter(twin.weights());
    store = std::make_unique<VariantStore<float>>(adapter);
    Random random(1);
    for (auto& matrix : adapter.matrices) {
      fill_normal(matrix.scores, 0.02, random);
    }
    const Index before = bench::status_bytes("VmRSS:");
    for (Index i = 0; i < variant_count; ++i) {
      adapter.matrices[0].scores(0, 0) = static_cast<float>(i);
      store->add(name_of(i), adapter);
    }
    bytes_each = static_cast<double>(bench::status_bytes("VmRSS:") - before) / static_cast<double>(variant_count);
    selection = attach_variants(*store, model.weights());
  }
};

void memory(benchmark::State& state) {
  const auto& all = Thousand::get();
  for (auto _ : state) {
  }
  const auto scores = static_cast<double>(all.store->bytes_each());
  state.counters["bytes"] = all.bytes_each;
  state.counters["scores"] = scores;
  state.counters["over_scores"] = all.bytes_each / scores - 1.0;
}

void switching(benchmark::State& state) {
  auto& all = Thousand::get();
  Random random(1);
  std::vector<std::string> names;
  for (Index i = 0; i < 4096; ++i) {
    names.push_back(name_of(random.below(variant_count)));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    all.selection->use(all.store->find(names[next++ % names.size()]));
  }
}

void batch(benchmark::State& state, Index length, int threads) {
  set_thread_count(threads);
  auto& all = Thousand::get();
  constexpr Index sequences = 32;
  Random random(2);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(sequences * length));
  for (auto& token : tokens) {
    token = static_cast<std::int32_t>(random.below(all.model.config().vocabulary));
  }
  std::vector<std::shared_ptr<const Variant<float>>> different;
  for (Index i = 0; i < sequences; ++i) {
    different.push_back(all.store->find(name_of(31 * i)));
  }
  Tape<float> tape(TapeMode::inference);
  const Index passes = std::max<Index>(1, 16 / length);
  const auto turn = [&] {
    for (Index i = 0; i < passes; ++i) {
      const auto logits = all.model.logits(all.model.hidden(tape, tokens, sequences));
      benchmark::DoNotOptimize(logits.value().data());
      tape.clear();
    }
  };
  const std::vector<bench::Contender> contenders{{"different", "",
                                                  [&] {
                                                    all.selection->use(different);
                                                    turn();
                                                  }},
                                                 {"one", "",
                                                  [&] {
                                                    all.selection->use(different.front());
                                                    turn();
                                                  }},
                                                 {"base", "", [&] {
                                                    all.selection->use(nullptr);
                                                    turn();
                                                  }}};
  std::vector<bench::Timing> timings;
  for (auto _ : state) {
    constexpr double budget = 6.0;  // seconds
    timings = bench::interleave(contenders, budget);
    state.SetIterationTime(timings[0].seconds / static_cast<double>(passes));
  }
  state.counters["one_ms"] = 1e3 * timings[1].seconds / static_cast<double>(passes);
  state.counters["base_ms"] = 1e3 * timings[2].seconds / static_cast<double>(passes);
  state.counters["ratio"] = timings[0].seconds / timings[1].seconds;
}

bool add() {
  benchmark::RegisterBenchmark("memory", memory)->Iterations(1);
  benchmark::RegisterBenchmark("switch", switching)->Unit(benchmark::kNanosecond);
  for (const int threads : {1, 2}) {
    for (const Index length : {1, 4, 16, 64, 128}) {
      const std::string name = concat("batch/tokens:", length, "/threads:", threads);
      benchmark::RegisterBenchmark(name.c_str(),
                                   [length, threads](benchmark::State& state) { batch(state, length, threads); })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond)
          ->Iterations(1);
    }
  }
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
