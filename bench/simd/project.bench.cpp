// SPDX-License-Identifier: MIT
/// @file
/// Projection `dS = dW B'` in float, double, and float with `dW` in bfloat16; see support/matrix_benchmarks.hpp for
/// names and counters.
#include <ampsft/simd/project.hpp>

#include "support/matrix_benchmarks.hpp"

namespace {

using namespace bench;
using ampsft::map;

template <class T, class X>
void project(benchmark::State& state, const Shape& shape) {
  const auto gradient = random_matrix<X>(shape.rows, shape.cols);
  const auto components = random_matrix<T>(shape.rank, shape.cols);
  auto scores = ampsft::make_matrix<T>(shape.rows, shape.rank, T{0});
  measure<T>(state, work_of<T, X>(shape, false), shape.rows * shape.cols * static_cast<Index>(sizeof(X)),
             [&] { ampsft::project<T, X>(map(gradient), map(components), map(scores)); });
}

template <class T, class X>
void add() {
  register_shapes(std::string("project/") + type_name<X>(), all_shapes(sizeof(X)), project<T, X>);
}

[[maybe_unused]] const bool added = (add<float, float>(), add<double, double>(), add<float, ampsft::BFloat16>(), true);

}  // namespace

BENCHMARK_MAIN();
