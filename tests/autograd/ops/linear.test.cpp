// SPDX-License-Identifier: MIT
/// @file
/// The product behind every layer.
#include <ampsft/autograd/ops/linear.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

struct Shape {
  Index tokens;
  Index outputs;
  Index inputs;
  Index inner;  // of the second product
};

constexpr Shape shapes[] = {{1, 1, 1, 1}, {2, 3, 5, 2}, {7, 1, 4, 3}, {1, 9, 2, 1}, {33, 17, 19, 8}};

template <class T>
Matrix<T> naive(const Matrix<T>& x, const Matrix<T>& w, const Matrix<T>& z, const Matrix<T>& l, double scale,
                const Matrix<T>& bias) {
  Matrix<T> y = make_matrix<T>(rows(x), rows(w));
  for (Index t = 0; t < rows(x); ++t) {
    for (Index n = 0; n < rows(w); ++n) {
      double sum = static_cast<double>(map(bias)(0, n));
      for (Index d = 0; d < cols(x); ++d) {
        sum += static_cast<double>(map(x)(t, d)) * static_cast<double>(map(w)(n, d));
      }
      for (Index k = 0; k < cols(z); ++k) {
        sum += scale * static_cast<double>(map(z)(t, k)) * static_cast<double>(map(l)(n, k));
      }
      map(y)(t, n) = static_cast<T>(sum);
    }
  }
  return y;
}

}  // namespace

TEMPLATE_TEST_CASE("linear equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const auto& [tokens, outputs, inputs, inner] : shapes) {
    const Matrix<T> x = random_matrix<T>(tokens, inputs, 1);
    const Matrix<T> w = random_matrix<T>(outputs, inputs, 2);
    const Matrix<T> z = random_matrix<T>(tokens, inner, 3);
    const Matrix<T> l = random_matrix<T>(outputs, inner, 4);
    const Matrix<T> bias = random_matrix<T>(1, outputs, 5);
    const Matrix<T> none = make_matrix<T>(1, outputs, T{0});
    const Matrix<T> nothing = make_matrix<T>(tokens, 0);
    Tape<T> tape;
    const auto [vx, vw, vz, vl, vb] =
        std::tuple{tape.constant(x), tape.constant(w), tape.constant(z), tape.constant(l), tape.constant(bias)};
    CHECK(difference<T>(linear(vx, vw).value(), naive<T>(x, w, nothing, nothing, 0.0, none)) < rounding<T>);
    CHECK(difference<T>(linear(vx, vw, vb).value(), naive<T>(x, w, nothing, nothing, 0.0, bias)) < rounding<T>);
    CHECK(difference<T>(linear<T>({{{vx, vw}, {vz, vl, T(-0.5)}}}, vb).value(), naive<T>(x, w, z, l, -0.5, bias)) <
          rounding<T>);
    CHECK(difference<T>(linear<T>({{{vx, vw}, {vz, vl}}}).value(), naive<T>(x, w, z, l, 1.0, none)) < rounding<T>);
  }
}

TEST_CASE("linear has the gradients of finite differences", "[autograd]") {
  for (const auto& [tokens, outputs, inputs, inner] : shapes) {
    if (tokens * outputs * inputs > 1000) {
      continue;
    }
    auto x = random_parameter<double>("x", tokens, inputs, 1);
    auto w = random_parameter<double>("w", outputs, inputs, 2);
    auto z = random_parameter<double>("z", tokens, inner, 3);
    auto l = random_parameter<double>("l", outputs, inner, 4);
    auto bias = random_parameter<double>("bias", 1, outputs, 5);
    require_right_gradients([&](auto& tape) { return probe(linear(tape.leaf(x), tape.leaf(w))); }, {&x, &w});
    const auto both = [&](auto& tape) {
      return probe(
          linear<double>({{{tape.leaf(x), tape.leaf(w), 0.5}, {tape.leaf(z), tape.leaf(l), -2.0}}}, tape.leaf(bias)));
    };
    require_right_gradients(both, {&x, &w, &z, &l, &bias});
    w.trainable = z.trainable = false;
    require_right_gradients(both, {&x, &l, &bias});
    CHECK_FALSE(w.has_gradient);
  }
}

TEST_CASE("linear may read one matrix twice", "[autograd]") {
  auto x = random_parameter<double>("x", 3, 3, 1);
  require_right_gradients([&](auto& tape) { return probe(linear(tape.leaf(x), tape.leaf(x))); }, {&x});
}

TEST_CASE("linear refuses shapes that do not fit", "[autograd]") {
  Tape<float> tape;
  const auto matrix = [&](Index rows, Index cols) { return tape.constant(make_matrix<float>(rows, cols, 0.0F)); };
  const auto x = matrix(4, 3);
  const auto w = matrix(5, 3);
  CHECK_THROWS_WITH(linear(x, matrix(5, 2)), ContainsSubstring("4 x 3") && ContainsSubstring("5 x 2"));
  CHECK_THROWS_WITH(linear(x, w, matrix(1, 4)), ContainsSubstring("1 x 5"));
  CHECK_THROWS_AS(linear(x, w, matrix(2, 5)), Error);
  CHECK_THROWS_AS(linear<float>({{{x, w}, {matrix(3, 2), matrix(5, 2)}}}), Error);  // another number of tokens
  CHECK_THROWS_AS(linear<float>({{{x, w}, {matrix(4, 2), matrix(6, 2)}}}), Error);  // another number of outputs
}
