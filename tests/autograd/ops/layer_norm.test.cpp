// SPDX-License-Identifier: MIT
/// @file
/// Layer normalisation.
#include <ampsft/autograd/ops/layer_norm.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
Matrix<T> naive(const Matrix<T>& x, const Matrix<T>& gain, const Matrix<T>& bias, double epsilon) {
  Matrix<T> y = x;
  const auto d = static_cast<double>(cols(x));
  for (Index t = 0; t < rows(x); ++t) {
    double mean = 0.0;
    double variance = 0.0;
    for (Index j = 0; j < cols(x); ++j) {
      mean += static_cast<double>(map(x)(t, j)) / d;
    }
    for (Index j = 0; j < cols(x); ++j) {
      const double centred = static_cast<double>(map(x)(t, j)) - mean;
      variance += centred * centred / d;
    }
    for (Index j = 0; j < cols(x); ++j) {
      const double h = (static_cast<double>(map(x)(t, j)) - mean) / std::sqrt(variance + epsilon);
      map(y)(t, j) = static_cast<T>(h * static_cast<double>(map(gain)(0, j)) + static_cast<double>(map(bias)(0, j)));
    }
  }
  return y;
}

}  // namespace

TEMPLATE_TEST_CASE("layer_norm equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {1, 7}, {3, 5}, {50, 33}}) {
    Matrix<T> x = random_matrix<T>(n, d, 1);
    map(x).array() += T{3};
    const Matrix<T> gain = random_matrix<T>(1, d, 2);
    const Matrix<T> bias = random_matrix<T>(1, d, 3);
    Tape<T> tape;
    const auto y = layer_norm(tape.constant(x), tape.constant(gain), tape.constant(bias), 1e-5);
    CHECK(difference<T>(y.value(), naive<T>(x, gain, bias, 1e-5)) < 10 * rounding<T>);
    const auto unbiased = layer_norm(tape.constant(x), tape.constant(gain), Variable<T>{}, 1e-5);
    CHECK(difference<T>(unbiased.value(), naive<T>(x, gain, make_matrix<T>(1, d, T{0}), 1e-5)) < 10 * rounding<T>);
  }
}

TEST_CASE("layer_norm does not see shift and scale of a row", "[autograd]") {
  const Matrix<double> x = random_matrix<double>(4, 9, 1);
  const Matrix<double> moved = make_matrix((map(x).array() * 100.0 + 1e4).matrix());
  const Matrix<double> gain = make_matrix<double>(1, 9, 1.0);
  Tape<double> tape;
  const auto y = layer_norm(tape.constant(x), tape.constant(gain), {}, 1e-12);
  const auto z = layer_norm(tape.constant(moved), tape.constant(gain), {}, 1e-12);
  CHECK(difference<double>(y.value(), z.value()) < 1e-9);
}

TEST_CASE("layer_norm has the gradients of finite differences", "[autograd]") {
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 2}, {1, 7}, {3, 5}, {20, 3}}) {
    auto x = random_parameter<double>("x", n, d, 1);
    auto gain = random_parameter<double>("gain", 1, d, 2);
    auto bias = random_parameter<double>("bias", 1, d, 3);
    const auto loss = [&](auto& tape) {
      return probe(layer_norm(tape.leaf(x), tape.leaf(gain), tape.leaf(bias), 1e-2));
    };
    require_right_gradients(loss, {&x, &gain, &bias});
    x.trainable = false;
    require_right_gradients(loss, {&gain, &bias});
    x.trainable = true;
    gain.trainable = bias.trainable = false;
    require_right_gradients(loss, {&x});
    require_right_gradients([&](auto& tape) { return probe(layer_norm(tape.leaf(x), tape.leaf(gain), {}, 1e-2)); },
                            {&x});
  }
}

TEST_CASE("layer_norm of a single column is its bias", "[autograd]") {
  auto x = random_parameter<double>("x", 3, 1, 1);
  Tape<double> tape;
  const auto y = layer_norm(tape.leaf(x), tape.constant(make_matrix<double>(1, 1, 2.0)),
                            tape.constant(make_matrix<double>(1, 1, 5.0)), 1e-5);
  CHECK((y.map().array() == 5.0).all());
  tape.backward(probe(y));
  CHECK((map(x.gradient).array() == 0.0).all());
}

TEST_CASE("layer_norm refuses gains and biases that do not fit", "[autograd]") {
  Tape<float> tape;
  const auto vector = [&](Index rows, Index cols) { return tape.constant(make_matrix<float>(rows, cols, 0.0F)); };
  const auto x = vector(4, 3);
  CHECK_THROWS_WITH(layer_norm(x, vector(1, 4), {}, 1e-5),
                    ContainsSubstring("1 x 4") && ContainsSubstring("expected 1 x 3"));
  CHECK_THROWS_WITH(layer_norm(x, vector(1, 3), vector(3, 1), 1e-5),
                    ContainsSubstring("3 x 1") && ContainsSubstring("expected 1 x 3"));
}
