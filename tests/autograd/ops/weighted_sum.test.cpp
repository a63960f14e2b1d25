// SPDX-License-Identifier: MIT
/// @file
/// The scalar that the other tests use.
#include <ampsft/autograd/ops/weighted_sum.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("weighted_sum is the sum of the products", "[autograd]", float, double) {
  const Matrix<TestType> x = random_matrix<TestType>(3, 5, 1);
  const Matrix<TestType> c = random_matrix<TestType>(3, 5, 2);
  double expected = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    expected += static_cast<double>(x.data()[i]) * static_cast<double>(c.data()[i]);
  }
  Tape<TestType> tape;
  const auto y = weighted_sum(tape.constant(x), c);
  CHECK(std::abs(static_cast<double>(y.value()(0, 0)) - expected) < rounding<TestType>);
}

TEST_CASE("the gradient of weighted_sum is its weights", "[autograd]") {
  auto x = random_parameter<double>("x", 4, 3, 1);
  const Matrix<double> c = random_matrix<double>(4, 3, 2);
  Tape<double> tape;
  tape.backward(weighted_sum(tape.leaf(x), c), 2.0);
  CHECK(map(x.gradient) == 2.0 * map(c));
  require_right_gradients([&](auto& other) { return weighted_sum(other.leaf(x), c); }, {&x});
}

TEST_CASE("weighted_sum refuses other shapes", "[autograd]") {
  Tape<double> tape;
  const auto x = tape.constant(make_matrix<double>(2, 3));
  CHECK_THROWS_WITH(weighted_sum(x, make_matrix<double>(3, 2)), ContainsSubstring("3 x 2"));
}
