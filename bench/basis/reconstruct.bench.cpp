// SPDX-License-Identifier: MIT
/// @file
/// Throughput of reconstruction `W = S B + mu` and projection `dS = dW B'`, beside the plain-fill limit of this
/// process.
///
/// Counters: `GB/s` of the large matrix written or read, `GFLOP/s`, and `of_fill`: GB/s over the rate at which the same
/// threads fill an array of the same size with a constant.
#include <ampsft/basis/products.hpp>
#include <ampsft/core/random.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace {

using namespace ampsft;

Matrix<float> normal(Index rows, Index cols) {
  Random random(1);
  Matrix<float> matrix = make_matrix<float>(rows, cols);
  fill_normal(matrix, 1.0, random);
  return matrix;
}

/// Bytes a second of a plain fill, the median of 21 passes; measured once for each size.
double fill_rate(Index elements) {
  static std::map<Index, double> known;
  const auto [entry, is_new] = known.try_emplace(elements, 0.0);
  if (!is_new) {
    return entry->second;
  }
  Matrix<float> target = make_matrix<float>(1, elements, 0.0F);
  std::array<double, 21> seconds{};
  for (std::size_t pass = 0; pass < seconds.size(); ++pass) {
    const auto value = static_cast<float>(pass);
    const auto start = std::chrono::steady_clock::now();
    parallel_for(elements, Index{1} << 16,
                 [&](Index begin, Index end) { std::fill(target.data() + begin, target.data() + end, value); });
    benchmark::ClobberMemory();
    seconds[pass] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  std::nth_element(seconds.begin(), seconds.begin() + seconds.size() / 2, seconds.end());
  return entry->second = static_cast<double>(elements) * sizeof(float) / seconds[seconds.size() / 2];
}

/// Runs `body`, a product over `elements` of the large matrix, and reports its rates.
template <class Body>
void measure(benchmark::State& state, Index elements, Index rank, Body&& body) {
  const double limit = fill_rate(elements);
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) {
    body();
    benchmark::ClobberMemory();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double rate = static_cast<double>(elements) * static_cast<double>(state.iterations()) / seconds;
  state.counters["GB/s"] = rate * sizeof(float) / 1e9;
  state.counters["GFLOP/s"] = 2.0 * rate * static_cast<double>(rank) / 1e9;
  state.counters["of_fill"] = rate * sizeof(float) / limit;
}

void bench_reconstruct(benchmark::State& state) {
  const Index count = state.range(0);
  const Index width = state.range(1);
  const Index rank = state.range(2);
  const Matrix<float> scores = normal(count, rank);
  const Matrix<float> components = normal(rank, width);
  const Matrix<float> mean = normal(1, width);
  Matrix<float> weights = make_matrix<float>(count, width, 0.0F);
  measure(state, count * width, rank,
          [&] { reconstruct<float>(map(scores), map(components), map(mean), map(weights)); });
}

void bench_project(benchmark::State& state) {
  const Index count = state.range(0);
  const Index width = state.range(1);
  const Index rank = state.range(2);
  const Matrix<float> gradient = normal(count, width);
  const Matrix<float> components = normal(rank, width);
  Matrix<float> scores = make_matrix<float>(count, rank, 0.0F);
  measure(state, count * width, rank, [&] { project<float>(map(gradient), map(components), map(scores)); });
}

void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"n", "d", "K"})->ArgsProduct({{46398, 3072}, {256}, {8, 32}});
  bench->UseRealTime()->Unit(benchmark::kMillisecond);
}

BENCHMARK(bench_reconstruct)->Name("reconstruct")->Apply(shapes);
BENCHMARK(bench_project)->Name("project")->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
