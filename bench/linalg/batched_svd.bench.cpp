// SPDX-License-Identifier: MIT
/// @file
/// 64 stacks of mixed sizes in one call, with one thread and with all cores in turn: what spreading them brings.
///
/// Counters: `one` and `all` are the medians in milliseconds, `speedup` is the median of their ratios.
#include <ampsft/core/random.hpp>
#include <ampsft/linalg/batched_svd.hpp>

#include <benchmark/benchmark.h>

#include <vector>

#include "support/timing.hpp"

namespace {

using namespace ampsft;

/// Widths of 64 to 768, 200 to 6,200 rows; one stack has 60,000.
void mixed_batch(benchmark::State& state) {
  Random random(1);
  std::vector<Matrix<float>> matrices;
  for (int i = 0; i < 64; ++i) {
    const Index rows = i == 20 ? 60'000 : 200 + random.below(6001);
    matrices.push_back(make_matrix<float>(rows, 64 * (1 + random.below(i == 20 ? 6 : 12))));
    fill_normal(matrices.back(), 1.0, random);
  }
  std::vector<SvdJob<float>> jobs;
  for (const auto& matrix : matrices) {
    jobs.push_back({{RowBlock<float>(map(matrix))}, {.rank = 8}});
  }
  std::vector<double> one;
  std::vector<double> all;
  std::vector<double> ratios;
  for (auto _ : state) {
    for (const int threads : {1, 0}) {
      set_thread_count(threads);
      const double seconds = bench::seconds_of([&] {
        auto results = batched_svd(jobs);
        benchmark::DoNotOptimize(results.data());
      });
      (threads == 1 ? one : all).push_back(1e3 * seconds);
    }
    ratios.push_back(one.back() / all.back());
  }
  state.counters["one"] = bench::quantile(one, 0.5);
  state.counters["all"] = bench::quantile(all, 0.5);
  state.counters["speedup"] = bench::quantile(ratios, 0.5);
}

BENCHMARK(mixed_batch)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(5);

}  // namespace

BENCHMARK_MAIN();
