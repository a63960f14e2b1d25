// SPDX-License-Identifier: MIT
/// @file
/// Multiples of a matrix, alone and added to another.
#include <ampsft/autograd/ops/add_scaled.hpp>
#include <ampsft/autograd/ops/scale.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("scale and add_scaled equal their naive twins", "[autograd]", float, double) {
  using T = TestType;
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {101, 97}}) {
    const Matrix<T> a = random_matrix<T>(n, d, 1);
    const Matrix<T> b = random_matrix<T>(n, d, 2);
    for (const T factor : {static_cast<T>(0.22), T{-3}, T{0}}) {
      CAPTURE(n, d, factor);
      Tape<T> tape;
      const auto multiple = scale(tape.constant(b), factor);
      const auto sum = add_scaled(tape.constant(a), tape.constant(b), factor);
      CHECK(multiple.map() == factor * map(b));
      CHECK(difference<T>(sum.value(), make_matrix(map(a) + factor * map(b))) < rounding<T>);
    }
  }
}

TEMPLATE_TEST_CASE("a factor of 1 changes no bit and costs nothing", "[autograd]", float, double) {
  using T = TestType;
  const Matrix<T> a = random_matrix<T>(7, 33, 1);
  const Matrix<T> b = random_matrix<T>(7, 33, 2);
  Tape<T> tape;
  const auto x = tape.constant(a);
  const auto y = tape.constant(b);
  const Index before = tape.bytes();
  CHECK(scale(x, T{1}).id() == x.id());
  CHECK(tape.bytes() == before);
  CHECK(add_scaled(x, y, T{1}).map() == add(x, y).map());
}

TEST_CASE("scale and add_scaled have the gradients of finite differences", "[autograd]") {
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {7, 1}}) {
    auto a = random_parameter<double>("a", n, d, 1);
    auto b = random_parameter<double>("b", n, d, 2);
    for (const double factor : {0.22, -3.0, 1.0}) {
      CAPTURE(n, d, factor);
      require_right_gradients([&](auto& tape) { return probe(scale(tape.leaf(a), factor)); }, {&a});
      require_right_gradients([&](auto& tape) { return probe(add_scaled(tape.leaf(a), tape.leaf(b), factor)); },
                              {&a, &b});
      require_right_gradients([&](auto& tape) { return probe(add_scaled(tape.leaf(a), tape.leaf(a), factor)); }, {&a});
    }
  }
}

TEST_CASE("scale and add_scaled refuse what they cannot compute", "[autograd]") {
  Tape<float> tape;
  const auto x = tape.constant(make_matrix<float>(2, 3, 1.0F));
  const auto y = tape.constant(make_matrix<float>(3, 2, 1.0F));
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(add_scaled(x, y, 2.0F), ContainsSubstring("2 x 3 and 3 x 2"));
  CHECK_THROWS_WITH(add_scaled(x, x, infinity), ContainsSubstring("factor"));
  CHECK_THROWS_WITH(scale(x, infinity), ContainsSubstring("factor"));
}
