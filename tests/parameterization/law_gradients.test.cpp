// SPDX-License-Identifier: MIT
/// @file
/// The laws of gradients that every parameterisation keeps.
#include <ampsft/autograd/ops/add.hpp>

#include "parameterization/cases.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

const std::vector<std::int32_t> looked_up{5, 0, 5, 3, 1};

/// A scalar of a weight that is used twice, as product and as lookup: an embedding with a tied head.
template <class P, class T = typename P::scalar>
Variable<T> tied_loss(P& p, Variable<T> x, Variable<T> bias) {
  return add(probe(linear(p.products(x), bias)), probe(p.gather(x.tape(), looked_up)));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("gradients equal finite differences", "[parameterization]", DoubleCases) {
  auto bias = random_parameter<double>("bias", 1, outputs, 3);
  for_each_base<TestType>([&](const FrozenBase<double>& base, Route route) {
    auto x = random_parameter<double>("x", 4, base.cols(), 2);
    auto p = TestType::make_moved(base, route);
    ParameterList<double> parameters = p.leaves();
    parameters.push_back(&x);
    parameters.push_back(&bias);
    for (const bool x_trains : {true, false}) {
      x.trainable = x_trains;
      const auto worst =
          check_gradients<double>([&](auto& tape) { return tied_loss(p, tape.leaf(x), tape.leaf(bias)); }, parameters);
      INFO("worst at element " << worst.element << " of " << worst.parameter);
      CHECK(worst.largest_error < 1e-8);
    }
  });
}

TEMPLATE_LIST_TEST_CASE("both routes agree to rounding", "[parameterization]", AllCases) {
  using T = typename TestType::P::scalar;
  const Matrix<T> bias = random_matrix<T>(1, outputs, 3);
  for (const auto& [form, base] : sources<T>()) {
    INFO("on a base that is a " << form);
    auto x = random_parameter<T>("x", 9, base.cols(), 2);
    std::vector<Matrix<T>> results[2];  // the output, the gradients of the leaves, that of x
    for (std::size_t i = 0; i < 2; ++i) {
      auto p = TestType::make_moved(base, routes[i]);
      Tape<T> tape;
      results[i].push_back(linear(p.products(tape.leaf(x)), tape.constant(bias)).value());
      tape.backward(tied_loss(p, tape.leaf(x), tape.constant(bias)));
      for (const auto* leaf : p.leaves()) {
        REQUIRE(leaf->has_gradient);
        results[i].push_back(leaf->gradient);
      }
      results[i].push_back(x.gradient);
      x.clear_gradient();
    }
    REQUIRE(results[0].size() == results[1].size());
    for (std::size_t i = 0; i < results[0].size(); ++i) {
      CHECK(difference<T>(results[0][i], results[1][i]) < rounding<T>);
    }
  }
}

TEMPLATE_LIST_TEST_CASE("a step moves the weight and leaves frozen buffers bit for bit", "[parameterization]",
                        AllCases) {
  using T = typename TestType::P::scalar;
  const auto value = [](const NamedBuffer<T>& buffer) {
    return buffer.value != nullptr ? *buffer.value : buffer.other->dequantized();
  };
  for_each_base<TestType>([&](const FrozenBase<T>& base, Route route) {
    const Matrix<T> x = random_matrix<T>(4, base.cols(), 2);
    auto p = TestType::make_moved(base, route);
    std::vector<Matrix<T>> before;
    for (const auto& buffer : p.buffers()) {
      before.push_back(value(buffer));
    }
    const Matrix<T> weight_before = p.materialize();
    Tape<T> tape;
    auto input = Parameter<T>("x", x);
    const auto loss = [&] { return tied_loss(p, tape.leaf(input), Variable<T>{}); };
    const T at_first = loss().value()(0, 0);
    tape.backward(loss());
    for (auto* leaf : p.leaves()) {
      map(leaf->value) -= T(1e-3) * map(leaf->gradient);
    }
    tape.clear();
    const bool learns = !p.leaves().empty();
    CHECK((loss().value()(0, 0) < at_first) == learns);
    const Matrix<T> weight_after = p.materialize();
    CHECK((map(weight_after) != map(weight_before)) == learns);
    const auto after = p.buffers();
    REQUIRE(after.size() == before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      const Matrix<T> now = value(after[i]);
      CHECK(map(now) == map(before[i]));
    }
  });
}

TEMPLATE_LIST_TEST_CASE("frozen leaves get no gradient", "[parameterization]", DoubleCases) {
  for_each_base<TestType>([&](const FrozenBase<double>& base, Route route) {
    auto x = random_parameter<double>("x", 4, base.cols(), 2);
    auto p = TestType::make_moved(base, route);
    for (auto* leaf : p.leaves()) {
      leaf->trainable = false;
    }
    Tape<double> tape;
    tape.backward(tied_loss(p, tape.leaf(x), Variable<double>{}));
    CHECK(x.has_gradient);
    for (const auto* leaf : p.leaves()) {
      CHECK_FALSE(leaf->has_gradient);
    }
  });
}
