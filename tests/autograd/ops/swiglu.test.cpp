// SPDX-License-Identifier: MIT
/// @file
/// The gated activation.
#include <ampsft/autograd/ops/swiglu.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("swiglu equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {101, 97}}) {
    const Matrix<T> gate = random_matrix<T>(n, d, 1);
    const Matrix<T> up = random_matrix<T>(n, d, 2);
    Matrix<T> expected = gate;
    for (Index i = 0; i < n * d; ++i) {
      const double g = static_cast<double>(gate.data()[i]);
      expected.data()[i] = static_cast<T>(g / (1.0 + std::exp(-g)) * static_cast<double>(up.data()[i]));
    }
    Tape<T> tape;
    CHECK(difference<T>(swiglu(tape.constant(gate), tape.constant(up)).value(), expected) < rounding<T>);
  }
}

TEST_CASE("swiglu has the gradients of finite differences", "[autograd]") {
  auto gate = random_parameter<double>("gate", 3, 19, 1);
  auto up = random_parameter<double>("up", 3, 19, 2);
  for (unsigned chosen = 1; chosen < 4; ++chosen) {
    gate.trainable = (chosen & 1U) != 0;
    up.trainable = (chosen & 2U) != 0;
    require_right_gradients([&](auto& tape) { return probe(swiglu(tape.leaf(gate), tape.leaf(up))); }, {&gate, &up});
  }
  gate.trainable = true;
  require_right_gradients([&](auto& tape) { return probe(swiglu(tape.leaf(gate), tape.leaf(gate))); }, {&gate});
}

TEST_CASE("swiglu refuses shapes that differ", "[autograd]") {
  Tape<float> tape;
  const auto a = tape.constant(make_matrix<float>(2, 3, 1.0F));
  const auto b = tape.constant(make_matrix<float>(3, 2, 1.0F));
  CHECK_THROWS_WITH(swiglu(a, b), ContainsSubstring("2 x 3") && ContainsSubstring("3 x 2"));
}
