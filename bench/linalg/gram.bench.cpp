// SPDX-License-Identifier: MIT
/// @file
/// Gram sums of rows in float, centred and summed in double: time, and the memory that they take.
///
/// A name is `rows x width/threads:1`. Counters of the median call: GFLOP/s of the products of the lower triangle,
/// `MiB` the peak above what was there before, accumulator included, and the same in units of `width^2` doubles.
#include <ampsft/core/random.hpp>
#include <ampsft/linalg/gram.hpp>

#include <benchmark/benchmark.h>

#include <string>

#include "support/resident.hpp"

namespace {

using namespace ampsft;

void sum(benchmark::State& state, Index rows, Index width, int threads) {
  set_thread_count(threads);
  Matrix<float> values = make_matrix<float>(rows, width);
  Random random(1);
  fill_normal(values, 1.0, random);
  const auto work = [&] {
    GramAccumulator<float> gram(width);
    gram.add(map(values));
    benchmark::DoNotOptimize(gram.lower_scatter().data());
  };
  const auto bytes = static_cast<double>(bench::peak_bytes(work));
  for (auto _ : state) {
    work();
  }
  const auto square = static_cast<double>(width) * static_cast<double>(width);
  state.counters["GFLOP/s"] =
      benchmark::Counter(1e-9 * static_cast<double>(rows) * square, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["MiB"] = bytes / (1 << 20);
  state.counters["of_d2"] = bytes / (sizeof(double) * square);
}

[[maybe_unused]] const bool added = [] {
  constexpr Index rows = 4096;
  for (const Index width : {576, 1024, 2048, 4096}) {
    for (const int threads : {1, 2, 8}) {
      const std::string name = std::to_string(rows) + "x" + std::to_string(width);
      benchmark::RegisterBenchmark((name + "/threads:" + std::to_string(threads)).c_str(), sum, rows, width, threads)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
  return true;
}();

}  // namespace

BENCHMARK_MAIN();
