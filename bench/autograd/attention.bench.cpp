// SPDX-License-Identifier: MIT
/// @file
/// Causal attention in float, forward, backward and both, at the shapes of the paper's model and of GPT-2.
///
/// A name is `pass/sequences x length/heads x width/threads:1`, with `/window:512` where a query sees so many keys.
/// Counters of the median call: GFLOP/s of what causality and the window leave (forward `4 h` operations a head, query
/// and key that it sees, about `2 n^2 h` a head, backward `10 h`), and its share of this process's multiply-adds
/// (`share_of_peak`; of the widest registers, so that AMPSFT_SIMD=avx2 can reach half of it on some processors).
#include <ampsft/simd/attention_gradient.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/matrix_benchmarks.hpp"

namespace {

using namespace bench;
using ampsft::map;
using ampsft::WriteMode;

struct Case {
  Index sequences, length, heads, width;
  Index kv_heads;
  Index window = 0;

  /// Pairs of a query and a key that it sees, of a sequence, but for the half of the diagonal.
  [[nodiscard]] double pairs() const {
    const double n = static_cast<double>(length);
    const double w = static_cast<double>(window == 0 ? length : std::min(length, window));
    return w * w / 2.0 + (n - w) * w;
  }
};

enum class Pass { forward, backward, both };

void run(benchmark::State& state, const Case& shape, Pass pass) {
  const Index rows = shape.sequences * shape.length;
  const auto q = random_matrix<float>(rows, shape.heads * shape.width);
  const auto k = random_matrix<float>(rows, shape.kv_heads * shape.width);
  auto y = q;
  auto dq = q;
  auto dk = k;
  auto dv = k;
  std::vector<float> log_sum(static_cast<std::size_t>(rows * shape.heads));
  const ampsft::AttentionShape of{shape.sequences, shape.heads, shape.kv_heads};
  const double scale = 1.0 / std::sqrt(static_cast<double>(shape.width));
  std::vector<std::int32_t> first(shape.window > 0 ? static_cast<std::size_t>(rows) : 0);
  for (std::size_t i = 0; i < first.size(); ++i) {
    first[i] = static_cast<std::int32_t>(std::max<Index>(static_cast<Index>(i) % shape.length - shape.window + 1, 0));
  }
  const auto forward = [&] { ampsft::attention<float>(map(q), map(k), map(k), of, scale, first, map(y), log_sum); };
  const auto backward = [&] {
    ampsft::attention_gradient<float>(
        map(q), map(k), map(k), of, scale, first, map(y), log_sum, map(q),
        {map(dq), WriteMode::overwrite, map(dk), WriteMode::overwrite, map(dv), WriteMode::overwrite});
  };
  forward();
  const double unit = 2.0 * static_cast<double>(shape.sequences * shape.heads * shape.width) * shape.pairs();
  Work work;
  work.flops = (pass == Pass::forward ? 2.0 : pass == Pass::backward ? 5.0 : 7.0) * unit;
  const double size = static_cast<double>(rows * shape.width) * sizeof(float);
  work.read = size * static_cast<double>(pass == Pass::forward ? shape.heads + 2 * shape.kv_heads
                                                               : 3 * shape.heads + 2 * shape.kv_heads);
  work.written = size * static_cast<double>(pass == Pass::forward ? shape.heads : shape.heads + 2 * shape.kv_heads);
  measure<float>(state, work, Index{4} << 20, [&] {
    if (pass != Pass::backward) {
      forward();
    }
    if (pass != Pass::forward) {
      backward();
    }
  });
}

bool add() {
  for (const Case& shape : {Case{4, 512, 8, 32, 8},
                            {2, 256, 12, 64, 12},
                            {1, 1024, 12, 64, 12},
                            {1, 4096, 12, 64, 12},
                            {1, 4096, 12, 64, 12, 512},
                            {1, 1024, 9, 64, 3}}) {
    for (const int threads : {1, 2}) {
      for (const auto& [name, pass] : {std::pair("forward", Pass::forward), std::pair("backward", Pass::backward),
                                       std::pair("both", Pass::both)}) {
        const std::string full =
            std::string(name) + "/" + std::to_string(shape.sequences) + "x" + std::to_string(shape.length) + "/" +
            std::to_string(shape.heads) + "x" + std::to_string(shape.width) +
            (shape.window > 0 ? "/window:" + std::to_string(shape.window) : "") + "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(full.c_str(),
                                     [shape = shape, pass = pass, threads](benchmark::State& state) {
                                       ampsft::set_thread_count(threads);
                                       run(state, shape, pass);
                                     })
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
      }
    }
  }
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
