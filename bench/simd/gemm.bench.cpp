// SPDX-License-Identifier: MIT
/// @file
/// The three products of a linear layer at the shapes of the paper's model and of GPT-2, beside Eigen built for this
/// machine.
///
/// A name is `product/tokens x outputs x inputs/who/threads:1`. See support/matrix_benchmarks.hpp for the counters.
#include <ampsft/simd/gemm.hpp>

#include "support/matrix_benchmarks.hpp"

namespace {

using namespace bench;
using ampsft::map;
using Floats = ampsft::Matrix<float>;

struct Layer {
  Index tokens, outputs, inputs;
};

enum class Which { output, input_gradient, weight_gradient };

void run(benchmark::State& state, const Layer& layer, Which which, const std::string& who) {
  const auto x = random_matrix<float>(layer.tokens, layer.inputs);
  const auto w = random_matrix<float>(layer.outputs, layer.inputs);
  const auto dy = random_matrix<float>(layer.tokens, layer.outputs);
  const bool of_tokens = which != Which::weight_gradient;
  auto c = random_matrix<float>(of_tokens ? layer.tokens : layer.outputs,
                                which == Which::output ? layer.outputs : layer.inputs);
  using F = ampsft::Factor<float>;
  const auto ours = [&] {
    switch (which) {
      case Which::output:
        return ampsft::gemm<float>(F::plain(map(x)), F::transposed(map(w)), map(c));
      case Which::input_gradient:
        return ampsft::gemm<float>(F::plain(map(dy)), F::plain(map(w)), map(c));
      case Which::weight_gradient:
        return ampsft::gemm<float>(F::transposed(map(dy)), F::plain(map(x)), map(c));
    }
  };
  const auto eigen = [&] {
    switch (which) {
      case Which::output:
        map(c).noalias() = map(x) * map(w).transpose();
        return;
      case Which::input_gradient:
        map(c).noalias() = map(dy) * map(w);
        return;
      case Which::weight_gradient:
        map(c).noalias() = map(dy).transpose() * map(x);
        return;
    }
  };
  Work work;
  work.flops = 2.0 * static_cast<double>(layer.tokens * layer.outputs * layer.inputs);
  work.read = static_cast<double>(4 * (x.size() + w.size()));
  work.written = static_cast<double>(4 * c.size());
  if (who == "ours") {
    measure<float>(state, work, Index{4} << 20, ours);
  } else {
    measure<float>(state, work, Index{4} << 20, eigen);
  }
}

bool add() {
  for (const Layer& layer : {Layer{2048, 256, 256}, Layer{2048, 1024, 256}, Layer{2048, 256, 1024},
                             Layer{512, 768, 768}, Layer{512, 3072, 768}, Layer{512, 768, 3072}}) {
    for (const int threads : {1, 2}) {
      for (const auto& [name, which] :
           {std::pair("output", Which::output), std::pair("input_gradient", Which::input_gradient),
            std::pair("weight_gradient", Which::weight_gradient)}) {
        for (const std::string who : {"ours", "Eigen"}) {
          const std::string full = std::string(name) + "/" + std::to_string(layer.tokens) + "x" +
                                   std::to_string(layer.outputs) + "x" + std::to_string(layer.inputs) + "/" + who +
                                   "/threads:" + std::to_string(threads);
          benchmark::RegisterBenchmark(full.c_str(),
                                       [layer = layer, which = which, who, threads](benchmark::State& state) {
                                         ampsft::set_thread_count(threads);
                                         run(state, layer, which, who);
                                       })
              ->UseManualTime()
              ->Unit(benchmark::kMicrosecond);
        }
      }
    }
  }
  return true;
}

[[maybe_unused]] const bool added = add();

}  // namespace

BENCHMARK_MAIN();
