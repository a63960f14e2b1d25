// SPDX-License-Identifier: MIT
/// @file
/// After the first steps training takes nothing from the heap. A runner of its own, for it counts every allocation.
#if !defined(AMPSFT_COUNTS_MALLOC)
#define EIGEN_RUNTIME_NO_MALLOC  // Eigen's own allocations, which do not come from operator new, stop the program
#endif
#include <ampsft/model/transformer.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/clip.hpp>

#include "support/catch.hpp"
#include "support/count_allocations.hpp"

using namespace ampsft;

namespace {

void allow_eigen_to_allocate([[maybe_unused]] bool allow) {
#if defined(EIGEN_RUNTIME_NO_MALLOC)
  Eigen::internal::set_is_malloc_allowed(allow);
#endif
}

/// Allocations of three steps, after two that are not counted.
template <class T>
long steady_allocations(int form, bool checkpoints, double dropout, int accumulation) {
  ModelConfig config;
  config.vocabulary = 211;
  config.context = 70;
  config.hidden_size = 96;
  config.layers = 2;
  config.heads = 4;
  config.intermediate_size = 192;
  config.dropout = dropout;
  Transformer<T> model(config);
  model.checkpoint_blocks(checkpoints);
  if (form > 0) {
    BasisSet<T> bases;  // any do, and none needs a decomposition, which takes long to compile
    for (const Index width : {96, 192}) {
      bases.insert(UniversalBasis<T>::random(width, 3, 1));
    }
    freeze(model.parameters());
    attach_scores(model.weights(), bases, form == 1 ? ScoreForm::exact_start : ScoreForm::truncated);
  }
  AdamW<T> optimizer;
  Tape<T> tape;
  const auto parameters = model.parameters();
  std::vector<std::int32_t> tokens(140);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] = static_cast<std::int32_t>(i * i % 211);
  }
  const auto step = [&] {
    for (auto* parameter : parameters) {
      parameter->clear_gradient();
    }
    for (int i = 0; i < accumulation; ++i) {
      tape.backward(model.loss(tape, tokens, tokens, 2), static_cast<T>(1.0 / accumulation));
      tape.clear();
    }
    static_cast<void>(clip_gradients(parameters, 1.0));
    optimizer.step(parameters);
  };
  step();
  step();
  return test::count_allocations(0, [&] {
    allow_eigen_to_allocate(false);
    for (int i = 0; i < 3; ++i) {
      step();
    }
    allow_eigen_to_allocate(true);
  });
}

}  // namespace

#if defined(AMPSFT_COUNTS_MALLOC)
TEST_CASE("what Eigen allocates is counted", "[steady]") {
  const Eigen::MatrixXf one = Eigen::MatrixXf::Ones(20, 20);
  Eigen::MatrixXf sum(20, 20);
  CHECK(test::count_allocations(0, [&] { sum.noalias() = one + one; }) == 0);
  CHECK(test::count_allocations(0, [&] { sum = (one + one).eval(); }) == 1);
  CHECK(sum(0, 0) == 2.0F);
}
#endif

TEMPLATE_TEST_CASE("a training step takes nothing from the heap once it has run", "[steady]", float, double) {
  set_thread_count(1);  // without OpenMP, threads are made anew, and that is the standard library's memory
  for (const int form : {0, 1, 2}) {
    for (const bool checkpoints : {false, true}) {
      CAPTURE(form, checkpoints);
      CHECK(steady_allocations<TestType>(form, checkpoints, 0.0, 1) == 0);
    }
  }
  CHECK(steady_allocations<TestType>(0, true, 0.1, 1) == 0);
  CHECK(steady_allocations<TestType>(0, false, 0.1, 2) == 0);
  set_thread_count(0);
#if defined(_OPENMP)
  CHECK(steady_allocations<TestType>(1, false, 0.0, 1) == 0);
#endif
}
