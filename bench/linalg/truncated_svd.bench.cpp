// SPDX-License-Identifier: MIT
/// @file
/// Truncated SVD in float by every algorithm, over widths and ranks: where one overtakes the other
/// (bench/RESULTS.md).
///
/// Names: method/rows x width/K. Counters: passes over the rows, `limit` the symmetric Gram matrix at the measured
/// multiply-add peak in milliseconds, `error` the estimate that comes with the result.
#include <ampsft/core/random.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <string>

#include "support/limits.hpp"

namespace {

using namespace ampsft;

/// Variances fall like `k^-0.7`, as in the paper's model. Kept for the next call: it takes longer to make than to
/// decompose.
const Matrix<float>& weights(Index rows, Index cols) {
  static Matrix<float> kept;
  if (ampsft::rows(kept) != rows || ampsft::cols(kept) != cols) {
    Random random(1);
    kept = make_matrix<float>(rows, cols);
    fill_normal(kept, 1.0, random);
    for (Index j = 0; j < cols; ++j) {
      map(kept).col(j) *= static_cast<float>(std::pow(static_cast<double>(j + 1), -0.35));
    }
  }
  return kept;
}

double peak() {
  static const double flops = [] {
    double operations = 0.0;
    const double seconds = bench::median_seconds([&] { operations = bench::arithmetic_pass<float>(); }, 9);
    return operations / seconds;
  }();
  return flops;
}

void decompose(benchmark::State& state, SvdMethod method, Index rows, Index cols, Index rank) {
  const Matrix<float>& matrix = weights(rows, cols);
  const RowBlock<float> block(map(matrix));
  TruncatedSvd<float> svd;
  for (auto _ : state) {
    svd = truncated_svd(std::span<const RowBlock<float>>(&block, 1), {.rank = rank, .method = method});
    benchmark::DoNotOptimize(svd.singular_values.data());
  }
  const auto products = static_cast<double>(rows) * static_cast<double>(cols) * static_cast<double>(cols + 1);
  state.counters["limit"] = 1e3 * products / peak();
  state.counters["passes"] = svd.passes;
  state.counters["error"] = svd.error;
}

[[maybe_unused]] const bool added = [] {
  for (const Index cols : {256, 512, 1024, 2048, 4096}) {
    const Index rows = cols == 256 ? 46398 : 16384;
    for (const Index rank : {8, 32}) {
      for (const SvdMethod method : {SvdMethod::gram, SvdMethod::krylov, SvdMethod::tsqr}) {
        if (method != SvdMethod::krylov && cols > (method == SvdMethod::tsqr ? 512 : 2048)) {
          continue;  // minutes
        }
        const std::string shape = std::to_string(rows) + "x" + std::to_string(cols) + "/" + std::to_string(rank);
        benchmark::RegisterBenchmark((std::string(name(method)) + "/" + shape).c_str(), decompose, method, rows, cols,
                                     rank)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
      }
    }
  }
  return true;
}();

}  // namespace

BENCHMARK_MAIN();
