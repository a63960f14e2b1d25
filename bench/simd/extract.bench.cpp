// SPDX-License-Identifier: MIT
/// @file
/// Extraction `S = (W - 1 mu') B'`, without and with the residuals' squared norms, in float, double, and float from
/// bfloat16; see support/matrix_benchmarks.hpp for names and counters. The norms and the mean are not counted as work.
#include <ampsft/simd/project.hpp>

#include "support/matrix_benchmarks.hpp"

namespace {

using namespace bench;
using ampsft::map;

template <class T, class X, bool with_residuals>
void extract(benchmark::State& state, const Shape& shape) {
  const auto weights = random_matrix<X>(shape.rows, shape.cols);
  const auto components = random_matrix<T>(shape.rank, shape.cols);
  const auto mean = random_matrix<T>(1, shape.cols);
  auto scores = ampsft::make_matrix<T>(shape.rows, shape.rank, T{0});
  auto residuals = ampsft::make_matrix<T>(with_residuals ? 1 : 0, shape.rows, T{0});
  measure<T>(state, work_of<T, X>(shape, false), shape.rows * shape.cols * static_cast<Index>(sizeof(X)),
             [&] { ampsft::extract<T, X>(map(weights), map(components), map(mean), map(scores), map(residuals)); });
}

template <class T, class X>
void add() {
  register_shapes(std::string("extract/") + type_name<X>(), all_shapes(sizeof(X)), extract<T, X, false>);
  register_shapes(std::string("extract_with_residuals/") + type_name<X>(), all_shapes(sizeof(X)), extract<T, X, true>);
}

[[maybe_unused]] const bool added = (add<float, float>(), add<double, double>(), add<float, ampsft::BFloat16>(), true);

}  // namespace

BENCHMARK_MAIN();
