// SPDX-License-Identifier: MIT
/// @file
/// The common form of the kernels' Google Benchmark programs: shapes, names, and what they report beside the time.
///
/// A name is `operation/type/n:46398/d:256/K:8/threads:1`. Counters, of the median call: GB/s of all that is read and
/// written, GFLOP/s, and three shares of the limits of this process: of the bandwidth (`share_of_bandwidth`), of the
/// multiply-adds
/// (`share_of_peak`), and of the longer of the two times (`share_of_limit`).
#pragma once

#include <ampsft/core/random.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <thread>
#include <vector>

#include "support/limits.hpp"

namespace bench {

struct Shape {
  Index rows = 0;
  Index cols = 0;
  Index rank = 0;
  int threads = 1;
};

/// Numbers in [-1, 1), the same again after 65,537: to draw them all would take longer than to measure.
template <class T>
ampsft::Matrix<T> random_matrix(Index rows, Index cols) {
  constexpr std::size_t period = 65537;  // prime, so that no two rows are the same
  ampsft::Random random(1);
  auto matrix = ampsft::make_matrix<T>(rows, cols);
  T* const to = matrix.data();
  for (std::size_t i = 0; i < std::min(matrix.size(), period); ++i) {
    to[i] = static_cast<T>(2.0 * random.uniform() - 1.0);
  }
  for (std::size_t done = period; done < matrix.size(); done += period) {
    std::copy_n(to, std::min(period, matrix.size() - done), to + done);
  }
  return matrix;
}

template <class T>
constexpr const char* type_name() {
  return std::is_same_v<T, float> ? "float" : std::is_same_v<T, double> ? "double" : "bf16";
}

/// Rows for which `cols` elements of `size` bytes fill 3 MB (a cache) and 48 MB (none), and the stacks that
/// bench/RESULTS.md shows.
inline std::vector<Shape> all_shapes(std::size_t size) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<Shape> shapes;
  for (const int threads : {1, 2}) {
    if (threads > cores) {
      continue;
    }
    for (const Index rank : {1, 4, 8, 16, 32, 64}) {
      for (const Index cols : {64, 256, 300, 768, 2048, 4096}) {
        for (const Index megabytes : {3, 48}) {
          shapes.push_back({(megabytes << 20) / (cols * static_cast<Index>(size)), cols, rank, threads});
        }
      }
      shapes.push_back({46398, 256, rank, threads});
      shapes.push_back({20000, 2048, rank, threads});
    }
  }
  return shapes;
}

/// Runs `body` as often as Google Benchmark asks and reports. `T` computes, the large matrix has `bytes`; the time of
/// `prepare`, called before each, does not count.
template <class T, class Body, class Prepare>
void measure(benchmark::State& state, const Work& work, Index bytes, Body&& body, Prepare&& prepare) {
  const Limits& limits = limits_for<T>(bytes);
  std::vector<double> times;
  for (auto _ : state) {
    prepare();
    times.push_back(seconds_of(body));
    state.SetIterationTime(times.back());
  }
  const double seconds = quantile(times, 0.5);  // the time shown is the mean
  state.counters["GB/s"] = work.bytes() / seconds / 1e9;
  state.counters["GFLOP/s"] = work.flops / seconds / 1e9;
  state.counters["share_of_bandwidth"] = work.seconds_of_memory(limits) / seconds;
  state.counters["share_of_peak"] = work.seconds_of_arithmetic(limits) / seconds;
  state.counters["share_of_limit"] = work.seconds_at_limit(limits) / seconds;
}

/// The same where nothing has to be prepared.
template <class T, class Body>
void measure(benchmark::State& state, const Work& work, Index bytes, Body&& body) {
  measure<T>(state, work, bytes, body, [] {});
}

/// How often a kernel is called at a shape: for about 10 ms, at least 5 times. A count that the library finds by trying
/// makes the matrices anew each time, which takes longer than all calls.
inline Index calls_of(const Shape& shape) {
  const double elements = static_cast<double>(shape.rows) * static_cast<double>(shape.cols);
  const double guess = elements * (0.1e-9 + static_cast<double>(shape.rank) * 0.01e-9) / shape.threads;
  return std::clamp<Index>(static_cast<Index>(0.01 / guess), 5, 1000);
}

/// Registers `run(state, shape)` for every shape under `operation/...`; sets the threads before each run.
template <class Run>
void register_shapes(const std::string& operation, const std::vector<Shape>& shapes, Run run) {
  for (const Shape& shape : shapes) {
    const std::string name = operation + "/n:" + std::to_string(shape.rows) + "/d:" + std::to_string(shape.cols) +
                             "/K:" + std::to_string(shape.rank) + "/threads:" + std::to_string(shape.threads);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [run, shape](benchmark::State& state) {
                                   ampsft::set_thread_count(shape.threads);
                                   run(state, shape);
                                 })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond)
        ->Iterations(calls_of(shape));
  }
}

/// What goes between a large matrix (`n x d` elements `L`) and the small ones (`S` and `B`, elements `T`).
template <class T, class L = T>
Work work_of(const Shape& shape, bool writes_large) {
  const auto rows = static_cast<double>(shape.rows);
  const auto cols = static_cast<double>(shape.cols);
  const auto rank = static_cast<double>(shape.rank);
  const double large = rows * cols * sizeof(L);
  const double scores = rows * rank * sizeof(T);
  const double basis = rank * cols * sizeof(T);
  Work work;
  work.flops = 2.0 * rows * cols * rank;
  work.written = writes_large ? large : scores;
  work.read = basis + (writes_large ? scores : large);
  return work;
}

}  // namespace bench
