// SPDX-License-Identifier: MIT
/// @file
/// The training loss.
#include <ampsft/autograd/ops/cross_entropy.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

using Targets = std::vector<std::int32_t>;

namespace {

template <class T>
Variable<T> loss_of(Variable<T> logits, const Targets& targets) {
  return cross_entropy(logits, std::span<const std::int32_t>(targets));
}

/// -log of the softmax probability of the target, averaged over those that count.
template <class T>
double naive(const Matrix<T>& logits, const Targets& targets) {
  double sum = 0.0;
  int counted = 0;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    if (targets[t] < 0) {
      continue;
    }
    double normaliser = 0.0;
    for (std::size_t j = 0; j < logits.shape()[1]; ++j) {
      normaliser += std::exp(static_cast<double>(logits(t, j)));
    }
    sum -= std::log(std::exp(static_cast<double>(logits(t, static_cast<std::size_t>(targets[t])))) / normaliser);
    ++counted;
  }
  return sum / counted;
}

const Targets targets_5{3, -1, 0, 6, -100};

}  // namespace

TEMPLATE_TEST_CASE("cross_entropy equals its naive twin, ignored targets left out", "[autograd]", float, double) {
  using T = TestType;
  const Matrix<T> logits = random_matrix<T>(5, 7, 1);
  for (const Targets& targets : {Targets{0, 1, 2, 3, 4}, targets_5, Targets{-1, -1, -1, -1, 2}}) {
    Tape<T> tape;
    const auto loss = loss_of(tape.constant(logits), targets);
    CHECK(std::abs(static_cast<double>(loss.value()(0, 0)) - naive(logits, targets)) < rounding<T>);
  }
}

TEST_CASE("cross_entropy of equal logits is the logarithm of the vocabulary", "[autograd]") {
  Tape<double> tape;
  const auto loss = loss_of(tape.constant(make_matrix<double>(2, 37, 5.0)), {1, 36});
  CHECK(std::abs(loss.value()(0, 0) - std::log(37.0)) < 1e-14);
}

TEST_CASE("cross_entropy has the gradients of finite differences", "[autograd]") {
  for (const Targets& targets : {Targets{0, 1, 2, 3, 4}, targets_5}) {
    auto logits = random_parameter<double>("logits", 5, 7, 1);
    require_right_gradients([&](auto& tape) { return loss_of(tape.leaf(logits), targets); }, {&logits});
    require_right_gradients(
        [&](auto& tape) { return weighted_sum(loss_of(tape.leaf(logits), targets), make_matrix<double>(1, 1, -3.0)); },
        {&logits});
  }
  auto single = random_parameter<double>("single", 1, 1, 1);
  require_right_gradients([&](auto& tape) { return loss_of(tape.leaf(single), {0}); }, {&single});
}

TEST_CASE("gradients of cross_entropy sum to zero in a row, and vanish where ignored", "[autograd]") {
  auto logits = random_parameter<double>("logits", 5, 7, 1);
  Tape<double> tape;
  tape.backward(loss_of(tape.leaf(logits), targets_5));
  CHECK(map(logits.gradient).rowwise().sum().cwiseAbs().maxCoeff() < 1e-15);
  CHECK((map(logits.gradient).row(1).array() == 0.0).all());
  CHECK((map(logits.gradient).row(4).array() == 0.0).all());
}

TEMPLATE_TEST_CASE("huge logits stay finite", "[autograd]", float, double) {
  using T = TestType;
  for (const T huge : {T(1e4), T(-1e4)}) {
    Parameter<T> logits("logits", make_matrix<T>(2, 3, T{0}));
    logits.value(0, 1) = huge;
    logits.value(1, 1) = huge;
    Tape<T> tape;
    const auto loss = loss_of(tape.leaf(logits), {1, 0});
    const double expected = huge > T{0} ? 1e4 / 2 : (1e4 + std::log(2.0) + std::log(2.0)) / 2;
    CHECK(std::abs(static_cast<double>(loss.value()(0, 0)) - expected) < 1e4 * rounding<T>);
    tape.backward(loss);
    CHECK(map(logits.gradient).allFinite());
    CHECK(map(logits.gradient).cwiseAbs().maxCoeff() <= T(0.5));
  }
}

TEST_CASE("cross_entropy refuses targets that cannot be", "[autograd]") {
  Tape<float> tape;
  const auto logits = tape.constant(make_matrix<float>(2, 3, 0.0F));
  CHECK_THROWS_WITH(loss_of(logits, {0}), ContainsSubstring("1 targets for 2 rows"));
  CHECK_THROWS_WITH(loss_of(logits, {0, 3}), ContainsSubstring("target 3"));
  CHECK_THROWS_WITH(loss_of(logits, {-1, -1}), ContainsSubstring("ignored"));
}
