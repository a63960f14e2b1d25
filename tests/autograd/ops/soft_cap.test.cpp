// SPDX-License-Identifier: MIT
/// @file
/// The soft cap of logits.
#include <ampsft/autograd/ops/scale.hpp>
#include <ampsft/autograd/ops/soft_cap.hpp>

#include <cmath>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("soft_cap equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {101, 97}}) {
    for (const T cap : {T{2}, T{30}}) {
      Matrix<T> x = random_matrix<T>(n, d, 1);
      map(x) *= T{20};
      Matrix<T> expected = x;
      for (T& element : expected.storage()) {
        element = static_cast<T>(static_cast<double>(cap) * std::tanh(static_cast<double>(element / cap)));
      }
      Tape<T> tape;
      CHECK(difference<T>(soft_cap(tape.constant(x), cap).value(), expected) < rounding<T>);
    }
  }
}

TEST_CASE("soft_cap has the gradients of finite differences", "[autograd]") {
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {19, 3}}) {
    for (const double cap : {1.5, 30.0}) {
      auto x = random_parameter<double>("x", n, d, 1);
      map(x.value) *= 2.0;
      require_right_gradients([&](auto& tape) { return probe(soft_cap(tape.leaf(x), cap)); }, {&x});
    }
  }
}

TEST_CASE("soft_cap keeps its result for the backward pass, not its input", "[autograd]") {
  const Index n = 31;
  auto x = random_parameter<double>("x", n, n, 1);
  const auto bytes = [&](auto&& op) {
    Tape<double> tape(TapeMode::planning);
    auto y = soft_cap(tape.leaf(x), 4.0);
    for (int i = 0; i < 8; ++i) {
      const auto next = op(y);
      y.release();
      y = next;
    }
    return tape.bytes() / (n * n * static_cast<Index>(sizeof(double)));
  };
  CHECK(bytes([](auto y) { return soft_cap(y, 2.0); }) == 9);
  CHECK(bytes([](auto y) { return scale(y, 2.0); }) == 3);  // the first result, and two that take turns
}

TEST_CASE("soft_cap refuses what is no cap", "[autograd]") {
  Tape<float> tape;
  const auto x = tape.constant(make_matrix<float>(2, 3, 1.0F));
  for (const float cap :
       {0.0F, -1.0F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    CHECK_THROWS_WITH(soft_cap(x, cap), ContainsSubstring("positive number"));
  }
}
