// SPDX-License-Identifier: MIT
/// @file
/// Rows from scores, and the projection of their gradient.
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/reconstruct.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

struct Shape {
  Index rows;
  Index rank;
  Index width;
};

constexpr Shape shapes[] = {{1, 1, 1}, {5, 2, 7}, {3, 3, 3}, {130, 4, 9}};

}  // namespace

TEMPLATE_TEST_CASE("reconstruct equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const auto& [n, k, d] : shapes) {
    const Matrix<T> s = random_matrix<T>(n, k, 1);
    const Matrix<T> b = random_matrix<T>(k, d, 2);
    const Matrix<T> mu = random_matrix<T>(1, d, 3);
    const Matrix<T> base = random_matrix<T>(n, d, 4);
    Tape<T> tape;
    for (const bool with_mean : {false, true}) {
      for (const bool with_base : {false, true}) {
        const auto w = reconstruct<T>(tape.constant(s), tape.constant(b), with_mean ? tape.constant(mu) : Variable<T>{},
                                      with_base ? tape.constant(base) : Variable<T>{}, T(1.5));
        Matrix<T> expected = make_matrix<T>(n, d);
        for (Index i = 0; i < n; ++i) {
          for (Index j = 0; j < d; ++j) {
            T sum = (with_mean ? map(mu)(0, j) : T{0}) + (with_base ? map(base)(i, j) : T{0});
            for (Index l = 0; l < k; ++l) {
              sum += T(1.5) * map(s)(i, l) * map(b)(l, j);
            }
            map(expected)(i, j) = sum;
          }
        }
        CHECK(difference<T>(w.value(), expected) < rounding<T>);
      }
    }
  }
}

TEST_CASE("reconstruct has the gradients of finite differences", "[autograd]") {
  for (const auto& [n, k, d] : shapes) {
    if (n > 100) {
      continue;
    }
    auto s = random_parameter<double>("s", n, k, 1);
    auto b = random_parameter<double>("b", k, d, 2);
    auto mu = random_parameter<double>("mu", 1, d, 3);
    auto base = random_parameter<double>("base", n, d, 4);
    const auto all = [&](auto& tape) {
      return probe(reconstruct<double>(tape.leaf(s), tape.leaf(b), tape.leaf(mu), tape.leaf(base), -0.7));
    };
    require_right_gradients(all, {&s, &b, &mu, &base});
    b.trainable = mu.trainable = base.trainable = false;
    require_right_gradients(all, {&s});
    CHECK_FALSE(b.has_gradient);
    b.trainable = true;
    s.trainable = false;
    require_right_gradients([&](auto& tape) { return probe(reconstruct<double>(tape.leaf(s), tape.leaf(b))); }, {&b});
  }
}

TEST_CASE("reconstructions that share a mean, or all but it, add up their gradients", "[autograd]") {
  auto s = random_parameter<double>("s", 5, 2, 1);
  auto b = random_parameter<double>("b", 2, 7, 2);
  auto other_s = random_parameter<double>("other_s", 5, 2, 3);
  auto other_b = random_parameter<double>("other_b", 2, 7, 4);
  auto mu = random_parameter<double>("mu", 1, 7, 5);
  auto other_mu = random_parameter<double>("other_mu", 1, 7, 6);
  require_right_gradients(
      [&](auto& tape) {
        return probe(add(reconstruct<double>(tape.leaf(s), tape.leaf(b), tape.leaf(mu)),
                         reconstruct<double>(tape.leaf(other_s), tape.leaf(other_b), tape.leaf(mu))));
      },
      {&s, &b, &other_s, &other_b, &mu});
  require_right_gradients(
      [&](auto& tape) {
        return probe(add(reconstruct<double>(tape.leaf(s), tape.leaf(b), tape.leaf(mu)),
                         reconstruct<double>(tape.leaf(s), tape.leaf(b), tape.leaf(other_mu))));
      },
      {&s, &b, &mu, &other_mu});
}

TEST_CASE("reconstruct writes the first gradients of a pass over whatever stood there", "[autograd]") {
  auto s = random_parameter<float>("s", 5, 2, 1);
  auto b = random_parameter<float>("b", 2, 7, 2);
  Matrix<float> first_s;
  Matrix<float> first_b;
  for (int pass = 0; pass < 3; ++pass) {
    s.clear_gradient();
    b.clear_gradient();
    Tape<float> tape;
    tape.backward(probe(reconstruct<float>(tape.leaf(s), tape.leaf(b))));
    if (pass == 0) {
      first_s = s.gradient;
      first_b = b.gradient;
    }
    CHECK(map(s.gradient) == map(first_s));
    CHECK(map(b.gradient) == map(first_b));
  }
}

TEST_CASE("reconstruct refuses shapes that do not fit", "[autograd]") {
  Tape<float> tape;
  const auto matrix = [&](Index rows, Index cols) { return tape.constant(make_matrix<float>(rows, cols, 0.0F)); };
  const auto s = matrix(5, 2);
  const auto b = matrix(2, 7);
  CHECK_THROWS_WITH(reconstruct(s, matrix(3, 7)), ContainsSubstring("2 columns") && ContainsSubstring("3 rows"));
  CHECK_THROWS_WITH(reconstruct(s, b, matrix(1, 6)), ContainsSubstring("1 x 7"));
  CHECK_THROWS_WITH(reconstruct(s, b, {}, matrix(4, 7)), ContainsSubstring("5 x 7"));
}
