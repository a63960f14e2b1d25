// SPDX-License-Identifier: MIT
/// @file
/// RMS normalisation.
#include <ampsft/autograd/ops/rms_norm.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("rms_norm equals its naive twin", "[autograd]", float, double) {
  using T = TestType;
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 1}, {3, 5}, {40, 96}}) {
    const Matrix<T> x = random_matrix<T>(n, d, 1);
    const Matrix<T> gain = random_matrix<T>(1, d, 2);
    Matrix<T> expected = x;
    for (Index i = 0; i < n; ++i) {
      double square = 0.0;
      for (Index j = 0; j < d; ++j) {
        square += static_cast<double>(map(x)(i, j)) * static_cast<double>(map(x)(i, j)) / static_cast<double>(d);
      }
      for (Index j = 0; j < d; ++j) {
        map(expected)(i, j) = static_cast<T>(static_cast<double>(map(x)(i, j)) / std::sqrt(square + 1e-5) *
                                             static_cast<double>(map(gain)(0, j)));
      }
    }
    Tape<T> tape;
    CHECK(difference<T>(rms_norm(tape.constant(x), tape.constant(gain), 1e-5).value(), expected) < rounding<T>);
  }
}

TEST_CASE("rms_norm has the gradients of finite differences", "[autograd]") {
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 2}, {3, 5}, {20, 19}}) {
    auto x = random_parameter<double>("x", n, d, 1);
    auto gain = random_parameter<double>("gain", 1, d, 2);
    const auto loss = [&](auto& tape) { return probe(rms_norm(tape.leaf(x), tape.leaf(gain), 1e-2)); };
    for (const bool of_x : {true, false}) {
      for (const bool of_gain : {true, false}) {
        if (of_x || of_gain) {
          x.trainable = of_x;
          gain.trainable = of_gain;
          require_right_gradients(loss, {&x, &gain});
        }
      }
    }
  }
}

TEST_CASE("a shorter gain normalises every head for itself", "[autograd]") {
  const Matrix<double> x = random_matrix<double>(3, 8, 1);
  const Matrix<double> gain = random_matrix<double>(1, 4, 2);
  Tape<double> tape;
  const Matrix<double> y = rms_norm(tape.constant(x), tape.constant(gain), 1e-5).value();
  for (const Index head : {0, 1}) {
    Matrix<double> part = make_matrix<double>(3, 4);
    map(part) = map(x).middleCols(4 * head, 4);
    const Matrix<double> alone = rms_norm(tape.constant(part), tape.constant(gain), 1e-5).value();
    CHECK((map(y).middleCols(4 * head, 4) - map(alone)).cwiseAbs().maxCoeff() < rounding<double>);
    tape.clear();
  }
  auto of_x = random_parameter<double>("x", 5, 12, 1);
  auto of_gain = random_parameter<double>("gain", 1, 4, 2);
  const auto loss = [&](auto& t) { return probe(rms_norm(t.leaf(of_x), t.leaf(of_gain), 1e-2)); };
  require_right_gradients(loss, {&of_x, &of_gain});
}

TEST_CASE("rms_norm refuses a gain that does not fit", "[autograd]") {
  Tape<float> tape;
  const auto x = tape.constant(make_matrix<float>(2, 3, 1.0F));
  CHECK_THROWS_WITH(rms_norm(x, x, 1e-5), ContainsSubstring("2 x 3") && ContainsSubstring("1 x 3"));
}
