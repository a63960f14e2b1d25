// SPDX-License-Identifier: MIT
/// @file
/// What the tape records, where gradients go, and which calls it refuses.
#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/autograd/ops/linear.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// The gradient of `probe(x w')` with respect to `w`.
Matrix<double> gradient_of(const Matrix<double>& x, Parameter<double>& w) {
  Tape<double> tape;
  tape.backward(probe(linear(tape.constant(x), tape.leaf(w))));
  w.clear_gradient();
  return w.gradient;
}

}  // namespace

TEST_CASE("a parameter is one variable however often it is asked for", "[autograd]") {
  auto w = random_parameter<double>("w", 3, 2, 1);
  Tape<double> tape;
  CHECK(tape.leaf(w).id() == tape.leaf(w).id());
  CHECK(tape.constant(w.value).id() == tape.constant(w.value).id());
  CHECK(tape.leaf(w).value().data() == w.value.data());  // no copy
  CHECK(tape.leaf(w).requires_grad());
  CHECK_FALSE(tape.constant(w.value).requires_grad());
  CHECK_FALSE(Variable<double>{});
  CHECK_FALSE(Variable<double>{}.requires_grad());
}

TEST_CASE("two uses of a leaf add their gradients", "[autograd]") {
  auto w = random_parameter<double>("w", 3, 2, 1);
  const Matrix<double> x = random_matrix<double>(4, 2, 2);
  const Matrix<double> z = random_matrix<double>(4, 2, 3);
  Tape<double> tape;
  tape.backward(probe(add(linear(tape.constant(x), tape.leaf(w)), linear(tape.constant(z), tape.leaf(w)))));
  const Matrix<double> both = w.gradient;
  w.clear_gradient();
  const Matrix<double> first = gradient_of(x, w);
  const Matrix<double> second = gradient_of(z, w);
  CHECK(difference<double>(both, make_matrix(map(first) + map(second))) < rounding<double>);
}

TEST_CASE("passes add their gradients until they are cleared", "[autograd]") {
  auto w = random_parameter<double>("w", 3, 2, 1);
  const Matrix<double> x = random_matrix<double>(4, 2, 2);
  const Matrix<double> once = gradient_of(x, w);
  Tape<double> tape;
  for (int pass = 1; pass <= 3; ++pass) {
    tape.backward(probe(linear(tape.constant(x), tape.leaf(w))));
    tape.clear();
    CHECK(difference<double>(w.gradient, make_matrix(pass * map(once))) < rounding<double>);
  }
  w.clear_gradient();
  CHECK_FALSE(w.has_gradient);
  tape.backward(probe(linear(tape.constant(x), tape.leaf(w))), 0.5);  // the seed scales
  CHECK(difference<double>(w.gradient, make_matrix(0.5 * map(once))) < rounding<double>);
}

TEST_CASE("a parameter that is itself the loss gets the seed added", "[autograd]") {
  Parameter<double> w("w", make_matrix<double>(1, 1, 3.0));
  for (const double expected : {1.0, 2.0}) {
    Tape<double> tape;
    tape.backward(tape.leaf(w));
    CHECK(w.gradient(0, 0) == expected);
  }
}

TEST_CASE("frozen parameters get nothing and what only they feed is not recorded", "[autograd]") {
  auto w = random_parameter<double>("w", 3, 2, 1);
  auto frozen = random_parameter<double>("frozen", 4, 2, 2);
  frozen.trainable = false;
  Tape<double> tape;
  const auto x = tape.leaf(frozen);
  CHECK_FALSE(x.requires_grad());
  CHECK_FALSE(gelu(x).requires_grad());
  const auto y = linear(gelu(x), tape.leaf(w));
  CHECK(y.requires_grad());
  tape.backward(probe(y));
  CHECK(w.has_gradient);
  CHECK_FALSE(frozen.has_gradient);
  CHECK(frozen.gradient.size() == 0);
}

TEST_CASE("shared makes each pair of input and key once", "[autograd]") {
  auto x = random_parameter<double>("x", 4, 2, 1);
  auto w = random_parameter<double>("w", 3, 2, 2);
  const int key = 0;
  const int other_key = 0;
  Tape<double> tape;
  int made = 0;
  const auto product = [&](Variable<double> input, const void* k) {
    return tape.shared(input, k, [&] {
      ++made;
      return linear(input, tape.leaf(w));
    });
  };
  const auto first = product(tape.leaf(x), &key);
  CHECK(product(tape.leaf(x), &key).id() == first.id());
  CHECK(made == 1);
  CHECK(product(gelu(tape.leaf(x)), &key).id() != first.id());
  CHECK(product(tape.leaf(x), &other_key).id() != first.id());
  CHECK(made == 3);
  tape.clear();
  product(tape.leaf(x), &key);
  CHECK(made == 4);  // nothing is remembered beyond a pass
  require_right_gradients(
      [&](auto& pass) {
        const auto twice = [&] {
          return pass.shared(pass.leaf(x), &key, [&] { return linear(pass.leaf(x), pass.leaf(w)); });
        };
        return probe(add(gelu(twice()), twice()));
      },
      {&x, &w});
}

TEST_CASE("an inference tape records nothing", "[autograd]") {
  auto w = random_parameter<double>("w", 3, 2, 1);
  Tape<double> tape(TapeMode::inference);
  const auto y = probe(gelu(tape.leaf(w)));
  CHECK_FALSE(tape.training());
  CHECK_FALSE(y.requires_grad());
  CHECK_THROWS_AS(tape.backward(y), Error);
  Tape<double> training;
  CHECK(probe(gelu(training.leaf(w))).value()(0, 0) == y.value()(0, 0));
}

TEST_CASE("backward refuses what has no gradient", "[autograd]") {
  auto w = random_parameter<double>("w", 3, 2, 1);
  Tape<double> tape;
  Tape<double> other;
  CHECK_THROWS_WITH(tape.backward(gelu(tape.leaf(w))), ContainsSubstring("3 x 2"));
  CHECK_THROWS_WITH(tape.backward(probe(other.leaf(w))), ContainsSubstring("not on this tape"));
  CHECK_THROWS_WITH(tape.backward(Variable<double>{}), ContainsSubstring("not on this tape"));
  CHECK_THROWS_WITH(tape.backward(probe(tape.constant(w.value))), ContainsSubstring("no trainable parameter"));
  CHECK_FALSE(w.has_gradient);
}

TEST_CASE("backward refuses a second run, whose intermediate values are gone", "[autograd]") {
  auto w = random_parameter<double>("w", 3, 2, 1);
  Tape<double> tape;
  const auto y = gelu(tape.leaf(w));
  const auto first = probe(y);
  const auto second = probe(add(y, y));
  const double value = first.value()(0, 0);
  tape.backward(first);
  CHECK(first.value()(0, 0) == value);  // the loss itself is kept
  const Matrix<double> gradient = w.gradient;
  CHECK_THROWS_WITH(tape.backward(first), ContainsSubstring("clear()"));
  CHECK_THROWS_WITH(tape.backward(second), ContainsSubstring("clear()"));
  CHECK(map(w.gradient) == map(gradient));
  tape.clear();
  CHECK_NOTHROW(tape.backward(probe(gelu(tape.leaf(w)))));
}

TEST_CASE("a released value is gone, unless the backward pass reads it", "[autograd]") {
  auto x = random_parameter<double>("x", 4, 3, 1);
  auto w = random_parameter<double>("w", 5, 3, 2);
  w.trainable = false;
  Tape<double> tape;
  const auto active = gelu(tape.leaf(x));
  const auto y = linear(active, tape.leaf(w));
  active.release();
  CHECK_THROWS_WITH(active.value(), ContainsSubstring("released"));
  CHECK(active.rows() == 4);
  const auto again = gelu(y);
  y.release();
  CHECK(y.value().size() == 20);  // gelu reads its input
  CHECK_NOTHROW(tape.backward(probe(again)));
  const auto value = [&](auto& pass) { return probe(gelu(linear(gelu(pass.leaf(x)), pass.leaf(w)))); };
  const Matrix<double> gradient = x.gradient;
  x.clear_gradient();
  Tape<double> keeping;
  keeping.backward(value(keeping));
  CHECK(map(x.gradient) == map(gradient));
  Variable<double>{}.release();
  tape.clear();
  const auto leaf = tape.leaf(x);
  leaf.release();
  CHECK(leaf.value().data() == x.value.data());
}

TEST_CASE("a planning tape counts the memory of the pass that it stands for", "[autograd]") {
  auto x = random_parameter<double>("x", 40, 30, 1);
  auto w = random_parameter<double>("w", 30, 30, 2);
  const auto run = [&](TapeMode mode) {
    Tape<double> tape(mode);
    for (int pass = 0; pass < 2; ++pass) {
      Variable<double> y = tape.leaf(x);
      for (int i = 0; i < 4; ++i) {
        const auto wide = linear(y, tape.leaf(w));
        y = gelu(wide);
        wide.release();
      }
      tape.backward(probe(y));
      tape.clear();
    }
    return tape.bytes();
  };
  const Index real = run(TapeMode::training);
  CHECK(real > 8 * 40 * 30 * 8);
  x.clear_gradient();
  CHECK(run(TapeMode::planning) == real);
  CHECK_FALSE(x.has_gradient);  // nothing is computed
}
