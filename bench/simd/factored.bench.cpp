// SPDX-License-Identifier: MIT
/// @file
/// The products of a layer in factors, each by ampsft and by the GEMMs of Eigen and OpenBLAS: `y = z S'` (output),
/// `dz = dy S` (input gradient), `dS = dy' z` (scores' gradient). Names are `factored_output/ampsft/float/n:.../d:...`
/// where n is the number of tokens and d that of outputs; otherwise see support/matrix_benchmarks.hpp.
#include <ampsft/simd/factored.hpp>

#include "support/matrix_benchmarks.hpp"
#include "support/peers.hpp"

namespace {

using namespace bench;
using ampsft::map;

enum class Step { output, input_gradient, scores_gradient };
enum class By { ampsft, eigen, openblas };

template <class T, Step step, By by>
void factored(benchmark::State& state, const Shape& shape) {
  set_threads(shape.threads);
  auto tall = random_matrix<T>(shape.rows, shape.cols);  // y or dy
  auto z = random_matrix<T>(shape.rows, shape.rank);     // z or dz
  auto scores = random_matrix<T>(shape.cols, shape.rank);
  Product<T> product;
  if constexpr (step == Step::output) {
    product = {shape.rows, shape.cols, shape.rank, z.data(), scores.data(), nullptr, tall.data(), false, true};
  } else if constexpr (step == Step::input_gradient) {
    product = {shape.rows, shape.rank, shape.cols, tall.data(), scores.data(), nullptr, z.data(), false, false};
  } else {
    product = {shape.cols, shape.rank, shape.rows, tall.data(), z.data(), nullptr, scores.data(), true, false};
  }
  const auto run = [&] {
    if constexpr (by == By::eigen) {
      eigen::gemm(product);
    } else if constexpr (by == By::openblas) {
#if defined(BENCH_OPENBLAS)
      openblas::gemm(product);
#endif
    } else if constexpr (step == Step::output) {
      ampsft::factored_output<T>(map(z), map(scores), map(tall));
    } else if constexpr (step == Step::input_gradient) {
      ampsft::factored_input_gradient<T>(map(tall), map(scores), map(z));
    } else {
      ampsft::factored_scores_gradient<T>(map(tall), map(z), map(scores));
    }
  };
  Work work = work_of<T>(shape, step == Step::output);
  if constexpr (step == Step::scores_gradient) {  // reads z, writes the scores' gradient
    work.written = static_cast<double>(shape.cols * shape.rank) * sizeof(T);
    work.read = static_cast<double>(shape.rows * (shape.cols + shape.rank)) * sizeof(T);
  }
  measure<T>(state, work, shape.rows * shape.cols * static_cast<Index>(sizeof(T)), run);
}

template <class T, Step step>
void add(const std::string& name) {
  const auto shapes = all_shapes(sizeof(T));
  register_shapes(name + "/ampsft/" + type_name<T>(), shapes, factored<T, step, By::ampsft>);
  register_shapes(name + "/eigen/" + type_name<T>(), shapes, factored<T, step, By::eigen>);
#if defined(BENCH_OPENBLAS)
  register_shapes(name + "/openblas/" + type_name<T>(), shapes, factored<T, step, By::openblas>);
#endif
}

template <class T>
bool add_all() {
  add<T, Step::output>("factored_output");
  add<T, Step::input_gradient>("factored_input_gradient");
  add<T, Step::scores_gradient>("factored_scores_gradient");
  return true;
}

[[maybe_unused]] const bool added = add_all<float>() && add_all<double>();

}  // namespace

BENCHMARK_MAIN();
