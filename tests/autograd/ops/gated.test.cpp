// SPDX-License-Identifier: MIT
/// @file
/// Gated activations.
#include <ampsft/autograd/ops/gated.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

double activation(double x, GatedActivation f) {
  switch (f) {
    case GatedActivation::gelu_tanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
    case GatedActivation::gelu_erf:
      return x / 2 * std::erfc(-x / std::sqrt(2.0));
    default:
      return x / (1 + std::exp(-x));
  }
}

constexpr GatedActivation forms[] = {GatedActivation::silu, GatedActivation::gelu_tanh, GatedActivation::gelu_erf};

}  // namespace

TEMPLATE_TEST_CASE("gated activations equal their naive twins", "[autograd]", float, double) {
  using T = TestType;
  for (const auto f : forms) {
    for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {101, 97}}) {
      const Matrix<T> gate = random_matrix<T>(n, d, 1);
      const Matrix<T> up = random_matrix<T>(n, d, 2);
      Matrix<T> expected = gate;
      for (Index i = 0; i < n * d; ++i) {
        expected.data()[i] =
            static_cast<T>(activation(static_cast<double>(gate.data()[i]), f) * static_cast<double>(up.data()[i]));
      }
      Tape<T> tape;
      CHECK(difference<T>(gated(tape.constant(gate), tape.constant(up), f).value(), expected) < rounding<T>);
      if (f == GatedActivation::silu) {
        CHECK(difference<T>(swiglu(tape.constant(gate), tape.constant(up)).value(), expected) < rounding<T>);
      }
    }
  }
}

TEST_CASE("gated activations have the gradients of finite differences", "[autograd]") {
  auto gate = random_parameter<double>("gate", 3, 19, 1);
  auto up = random_parameter<double>("up", 3, 19, 2);
  for (const auto f : forms) {
    for (unsigned chosen = 1; chosen < 4; ++chosen) {
      gate.trainable = (chosen & 1U) != 0;
      up.trainable = (chosen & 2U) != 0;
      require_right_gradients([&](auto& tape) { return probe(gated(tape.leaf(gate), tape.leaf(up), f)); },
                              {&gate, &up});
    }
    gate.trainable = true;
    require_right_gradients([&](auto& tape) { return probe(gated(tape.leaf(gate), tape.leaf(gate), f)); }, {&gate});
  }
}

TEST_CASE("gated activations refuse shapes that differ", "[autograd]") {
  Tape<float> tape;
  const auto a = tape.constant(make_matrix<float>(2, 3, 1.0F));
  const auto b = tape.constant(make_matrix<float>(3, 2, 1.0F));
  CHECK_THROWS_WITH(gated(a, b, GatedActivation::silu), ContainsSubstring("2 x 3") && ContainsSubstring("3 x 2"));
}
