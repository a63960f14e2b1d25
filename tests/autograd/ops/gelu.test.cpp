// SPDX-License-Identifier: MIT
/// @file
/// Both formulas of GELU.
#include <ampsft/autograd/ops/gelu.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

double naive(double x, GeluForm form) {
  if (form == GeluForm::tanh) {
    return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
  }
  return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
}

}  // namespace

TEMPLATE_TEST_CASE("gelu equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const auto form : {GeluForm::tanh, GeluForm::erf}) {
    for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {101, 97}}) {
      Matrix<T> x = random_matrix<T>(n, d, 1);
      map(x) *= T{3};
      Matrix<T> expected = x;
      for (T& element : expected.storage()) {
        element = static_cast<T>(naive(static_cast<double>(element), form));
      }
      Tape<T> tape;
      CHECK(difference<T>(gelu(tape.constant(x), form).value(), expected) < rounding<T>);
    }
  }
}

TEST_CASE("gelu keeps known values and far tails", "[autograd]") {
  Matrix<double> x = make_matrix<double>(1, 4);
  x(0, 0) = 0.0;
  x(0, 1) = 1.0;
  x(0, 2) = -1000.0;
  x(0, 3) = 1000.0;
  Tape<double> tape;
  const auto exact = gelu(tape.constant(x), GeluForm::erf);
  const auto approximate = gelu(tape.constant(x), GeluForm::tanh);
  CHECK(std::abs(exact.value()(0, 1) - 0.8413447460685429) < 1e-15);
  CHECK(std::abs(approximate.value()(0, 1) - 0.8411919906082768) < 1e-15);
  for (const auto& y : {exact, approximate}) {
    CHECK(y.value()(0, 0) == 0.0);
    CHECK(std::abs(y.value()(0, 2)) == 0.0);
    CHECK(y.value()(0, 3) == 1000.0);
  }
}

TEST_CASE("gelu has the gradients of finite differences", "[autograd]") {
  for (const auto form : {GeluForm::tanh, GeluForm::erf}) {
    for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {19, 3}}) {
      auto x = random_parameter<double>("x", n, d, 1);
      map(x.value) *= 2.0;
      require_right_gradients([&](auto& tape) { return probe(gelu(tape.leaf(x), form)); }, {&x});
    }
  }
}
