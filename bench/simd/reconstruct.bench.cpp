// SPDX-License-Identifier: MIT
/// @file
/// Reconstruction `W = S B + 1 mu'` in float, double, and float with bfloat16 output; see
/// support/matrix_benchmarks.hpp for names and counters.
#include <ampsft/simd/reconstruct.hpp>

#include "support/matrix_benchmarks.hpp"

namespace {

using namespace bench;
using ampsft::map;

template <class T, class W>
void reconstruct(benchmark::State& state, const Shape& shape) {
  const auto scores = random_matrix<T>(shape.rows, shape.rank);
  const auto components = random_matrix<T>(shape.rank, shape.cols);
  const auto mean = random_matrix<T>(1, shape.cols);
  auto weights = ampsft::make_matrix<W>(shape.rows, shape.cols, W(0));
  measure<T>(state, work_of<T, W>(shape, true), shape.rows * shape.cols * static_cast<Index>(sizeof(W)),
             [&] { ampsft::reconstruct<T, W>(map(scores), map(components), map(mean), map(weights)); });
}

template <class T, class W>
void add() {
  register_shapes(std::string("reconstruct/") + type_name<W>(), all_shapes(sizeof(W)), reconstruct<T, W>);
}

[[maybe_unused]] const bool added = (add<float, float>(), add<double, double>(), add<float, ampsft::BFloat16>(), true);

}  // namespace

BENCHMARK_MAIN();
