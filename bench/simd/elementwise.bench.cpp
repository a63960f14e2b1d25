// SPDX-License-Identifier: MIT
/// @file
/// Functions of one place, norms, log-sums and AdamW in float; see support/matrix_benchmarks.hpp for the counters.
///
/// The limit is the memory that a call must read and write; `per_element` is a core's nanoseconds an element. Rows x
/// columns are a batch of 2,048 tokens, the hidden layer of the paper's model and a piece of its vocabulary.
#include <ampsft/simd/activations.hpp>
#include <ampsft/simd/adamw.hpp>
#include <ampsft/simd/elementwise.hpp>
#include <ampsft/simd/log_sum_exp.hpp>
#include <ampsft/simd/normalize.hpp>

#include "support/matrix_benchmarks.hpp"

namespace {

using namespace bench;
using ampsft::map;
using Floats = ampsft::Matrix<float>;

/// `body` gets four matrices of one shape and reads `reads` and writes `writes` of them.
template <class Body>
void add(const char* name, Index rows, Index cols, int reads, int writes, Body body) {
  for (const int threads : {1, 2}) {
    auto run = [=](benchmark::State& state) mutable {
      ampsft::set_thread_count(threads);
      Floats m[4];
      for (Floats& matrix : m) {
        matrix = random_matrix<float>(rows, cols);
      }
      Work work;
      work.read = static_cast<double>(reads * rows * cols) * sizeof(float);
      work.written = static_cast<double>(writes * rows * cols) * sizeof(float);
      double elements = 0.0;
      measure<float>(state, work, (reads + writes) * rows * cols * static_cast<Index>(sizeof(float)), [&] {
        body(m);
        elements += static_cast<double>(rows * cols) / threads;
      });
      state.counters["per_element"] =
          benchmark::Counter(elements / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    };
    const std::string full = std::string(name) + "/" + std::to_string(rows) + "x" + std::to_string(cols) +
                             "/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(full.c_str(), run)->UseManualTime()->Unit(benchmark::kMicrosecond);
  }
}

void add_functions(Index rows, Index cols) {
  using ampsft::GeluForm;
  add("sum", rows, cols, 2, 1, [](Floats(&m)[4]) { ampsft::add<float>(map(m[0]), map(m[1]), map(m[3])); });
  add("exp", rows, cols, 1, 1, [](Floats(&m)[4]) { ampsft::exponential<float>(map(m[0]), map(m[3])); });
  add("tanh", rows, cols, 1, 1, [](Floats(&m)[4]) { ampsft::hyperbolic_tangent<float>(map(m[0]), map(m[3])); });
  add("gelu_tanh", rows, cols, 1, 1, [](Floats(&m)[4]) { ampsft::gelu<float>(map(m[0]), map(m[3]), GeluForm::tanh); });
  add("gelu_erf", rows, cols, 1, 1, [](Floats(&m)[4]) { ampsft::gelu<float>(map(m[0]), map(m[3]), GeluForm::erf); });
  add("gelu_tanh_gradient", rows, cols, 2, 1,
      [](Floats(&m)[4]) { ampsft::gelu_gradient<float>(map(m[0]), map(m[1]), map(m[3]), GeluForm::tanh); });
  add("gelu_erf_gradient", rows, cols, 2, 1,
      [](Floats(&m)[4]) { ampsft::gelu_gradient<float>(map(m[0]), map(m[1]), map(m[3]), GeluForm::erf); });
  using ampsft::GatedActivation;
  for (const auto& [name, gradient_name, f] :
       {std::tuple("swiglu", "swiglu_gradient", GatedActivation::silu),
        std::tuple("geglu_tanh", "geglu_tanh_gradient", GatedActivation::gelu_tanh),
        std::tuple("geglu_erf", "geglu_erf_gradient", GatedActivation::gelu_erf)}) {
    add(name, rows, cols, 2, 1, [f = f](Floats(&m)[4]) { ampsft::gated<float>(map(m[0]), map(m[1]), map(m[3]), f); });
    add(gradient_name, rows, cols, 3, 2, [f = f](Floats(&m)[4]) {
      using ampsft::WriteMode;
      ampsft::gated_gradient<float>(map(m[0]), map(m[1]), map(m[2]), f,
                                    {map(m[3]), WriteMode::overwrite, map(m[2]), WriteMode::overwrite});
    });
  }
  add("adamw", rows, cols, 4, 3, [](Floats(&m)[4]) {
    const auto all = [](Floats& matrix) { return std::span(matrix.data(), matrix.size()); };
    ampsft::adamw_step<float>(all(m[0]), all(m[1]), all(m[2]), all(m[3]), {0.9F, 0.95F, 1e-4F, 1.0F, 1e-8F, 1.0F});
  });
}

void add_rows(Index rows, Index cols) {
  add("layer_norm", rows, cols, 1, 1,
      [saved = std::vector<float>(2 * static_cast<std::size_t>(rows))](Floats(&m)[4]) mutable {
        ampsft::normalize<float>(map(m[0]), map(m[1]).topRows(1), map(m[1]).topRows(1), 1e-5,
                                 {saved.data(), saved.data() + saved.size() / 2}, map(m[3]));
      });
  add("layer_norm_gradient", rows, cols, 2, 1,
      [saved = std::vector<float>(2 * static_cast<std::size_t>(rows), 1.0F)](Floats(&m)[4]) {
        using ampsft::WriteMode;
        ampsft::normalize_gradient<float>(map(m[0]), map(m[1]).topRows(1), {saved.data(), saved.data()}, map(m[1]),
                                          {map(m[3]), WriteMode::overwrite, map(m[2]).topRows(1), WriteMode::add,
                                           map(m[2]).middleRows(1, 1), WriteMode::add});
      });
  add("log_sum", rows, cols, 1, 0,
      [saved = std::vector<float>(2 * static_cast<std::size_t>(rows))](Floats(&m)[4]) mutable {
        const auto half = saved.size() / 2;
        ampsft::add_to_log_sum<float>(map(m[0]), std::span(saved).first(half), std::span(saved).last(half));
      });
  add("cross_entropy_gradient", rows, cols, 1, 1,
      [log_sum = std::vector<float>(static_cast<std::size_t>(rows), 5.0F),
       targets = std::vector<std::int32_t>(static_cast<std::size_t>(rows), 1)](Floats(&m)[4]) {
        ampsft::cross_entropy_gradient<float>(map(m[0]), std::span<const float>(log_sum), targets, 0, 0.1F, map(m[3]));
      });
}

[[maybe_unused]] const bool added =
    (add_functions(2048, 1024), add_functions(64, 1024), add_rows(2048, 256), add_rows(2048, 1024), true);

}  // namespace

BENCHMARK_MAIN();
