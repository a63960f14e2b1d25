// SPDX-License-Identifier: MIT
/// @file
/// The check itself must find wrong gradients.
#include <ampsft/autograd/ops/dropout.hpp>
#include <ampsft/autograd/ops/gelu.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// The square of every element, with a backward pass that is wrong in one of them.
struct WrongSquare {
  Variable<double> x;
  Index wrong;
  double error;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::value);
  }

  void forward(Matrix<double>& y) const { flat(y) = flat(x.value()).square(); }
  void backward(const Matrix<double>&, const Matrix<double>& dy) const {
    Matrix<double> dx = dy;
    flat(dx) *= 2.0 * flat(x.value());
    flat(dx)(wrong) += error;
    x.sink().add(map(dx));
  }
};

GradientCheck check(Parameter<double>& x, double error) {
  auto* const parameter = &x;
  return check_gradients<double>(
      [&](auto& tape) {
        return weighted_sum(tape.apply(WrongSquare{tape.leaf(x), 4, error}), make_matrix<double>(3, 2, 1.0));
      },
      std::span(&parameter, 1));
}

}  // namespace

TEST_CASE("the gradient check finds the wrong element", "[autograd]") {
  auto x = random_parameter<double>("x", 3, 2, 1);
  CHECK(check(x, 0.0).largest_error < 1e-9);
  const GradientCheck wrong = check(x, 1e-3);
  CHECK(wrong.largest_error > 1e-4);
  CHECK(wrong.parameter == "x");
  CHECK(wrong.element == 4);
}

TEST_CASE("a gradient that is no number counts as wrong", "[autograd]") {
  auto x = random_parameter<double>("x", 3, 2, 1);
  const GradientCheck wrong = check(x, std::numeric_limits<double>::quiet_NaN());
  CHECK(wrong.largest_error == std::numeric_limits<double>::infinity());
  CHECK(wrong.element == 4);
}

TEST_CASE("the gradient check leaves parameters as they were", "[autograd]") {
  auto x = random_parameter<double>("x", 3, 2, 1);
  const Matrix<double> before = x.value;
  static_cast<void>(check(x, 0.0));
  CHECK(map(x.value) == map(before));
  CHECK_FALSE(x.has_gradient);
}

TEST_CASE("a parameter that does not matter has the gradient zero", "[autograd]") {
  auto x = random_parameter<double>("x", 3, 2, 1);
  auto unused = random_parameter<double>("unused", 1, 2, 2);
  require_right_gradients([&](auto& tape) { return probe(gelu(tape.leaf(x))); }, {&x, &unused});
}
