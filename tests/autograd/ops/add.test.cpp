// SPDX-License-Identifier: MIT
/// @file
/// The residual connection.
#include <ampsft/autograd/ops/add.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("add adds element by element", "[autograd]", float, double) {
  const Matrix<TestType> a = random_matrix<TestType>(3, 5, 1);
  const Matrix<TestType> b = random_matrix<TestType>(3, 5, 2);
  Tape<TestType> tape;
  const auto y = add(tape.constant(a), tape.constant(b));
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      CHECK(y.value()(i, j) == a(i, j) + b(i, j));
    }
  }
}

TEST_CASE("add has the gradients of finite differences", "[autograd]") {
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {7, 1}}) {
    auto a = random_parameter<double>("a", n, d, 1);
    auto b = random_parameter<double>("b", n, d, 2);
    require_right_gradients([&](auto& tape) { return probe(add(tape.leaf(a), tape.leaf(b))); }, {&a, &b});
    require_right_gradients([&](auto& tape) { return probe(add(tape.leaf(a), tape.leaf(a))); }, {&a});
  }
}

TEST_CASE("add refuses different shapes", "[autograd]") {
  Tape<float> tape;
  CHECK_THROWS_WITH(add(tape.constant(make_matrix<float>(2, 3)), tape.constant(make_matrix<float>(3, 2))),
                    ContainsSubstring("2 x 3 and 3 x 2"));
}
