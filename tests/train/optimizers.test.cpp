// SPDX-License-Identifier: MIT
#include <ampsft/core/random.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/sgd.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

/// A parameter of `size` elements with gradient `g(i, step)`.
Parameter<double> make(Index size, bool decays = true) {
  Random random(3);
  Matrix<double> value = make_matrix<double>(1, size);
  fill_normal(value, 1.0, random);
  Parameter<double> parameter("p", std::move(value));
  parameter.decays = decays;
  return parameter;
}

void set_gradient(Parameter<double>& parameter, int step) {
  parameter.gradient = make_matrix<double>(1, parameter.size());
  for (Index i = 0; i < parameter.size(); ++i) {
    parameter.gradient.data()[i] = std::sin(static_cast<double>(i) + 1.7 * step);
  }
  parameter.has_gradient = true;
}

}  // namespace

TEST_CASE("AdamW is the scalar rule, with and without decay") {
  const bool decays = GENERATE(true, false);
  const Index size = GENERATE(1, 7, 2049);
  Parameter<double> parameter = make(size, decays);
  std::vector<double> p(parameter.value.storage().begin(), parameter.value.storage().end());
  std::vector<double> m(p.size(), 0.0);
  std::vector<double> v(p.size(), 0.0);
  AdamW<double> adamw({.learning_rate = 0.03, .beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-6, .weight_decay = 0.2});
  for (int step = 1; step <= 5; ++step) {
    set_gradient(parameter, step);
    adamw.step({&parameter}, 0.5);
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double g = std::sin(static_cast<double>(i) + 1.7 * step);
      m[i] = 0.8 * m[i] + 0.2 * g;
      v[i] = 0.9 * v[i] + 0.1 * g * g;
      const double m_hat = m[i] / (1 - std::pow(0.8, step));
      const double v_hat = v[i] / (1 - std::pow(0.9, step));
      p[i] -= 0.5 * 0.03 * ((decays ? 0.2 * p[i] : 0.0) + m_hat / (std::sqrt(v_hat) + 1e-6));
    }
  }
  for (std::size_t i = 0; i < p.size(); ++i) {
    CHECK(std::abs(parameter.value.data()[i] - p[i]) < 1e-12);
  }
  CHECK(adamw.steps() == 5);
}

TEST_CASE("SGD with momentum is the scalar rule") {
  Parameter<double> parameter = make(5);
  std::vector<double> p(parameter.value.storage().begin(), parameter.value.storage().end());
  std::vector<double> u(p.size(), 0.0);
  Sgd<double> sgd({.learning_rate = 0.1, .momentum = 0.7, .weight_decay = 0.3});
  for (int step = 1; step <= 4; ++step) {
    set_gradient(parameter, step);
    sgd.step({&parameter});
    for (std::size_t i = 0; i < p.size(); ++i) {
      u[i] = 0.7 * u[i] + std::sin(static_cast<double>(i) + 1.7 * step);
      p[i] = p[i] * (1 - 0.1 * 0.3) - 0.1 * u[i];
    }
  }
  for (std::size_t i = 0; i < p.size(); ++i) {
    CHECK(std::abs(parameter.value.data()[i] - p[i]) < 1e-12);
  }
}

TEST_CASE("optimisers leave frozen parameters alone and count a missing gradient as zero") {
  Parameter<double> frozen = make(3);
  frozen.trainable = false;
  Parameter<double> untouched = make(3, false);
  const auto before = frozen.value;
  const auto same = untouched.value;
  set_gradient(frozen, 1);
  AdamW<double> adamw;
  Sgd<double> sgd;
  adamw.step({&frozen, &untouched});
  sgd.step({&frozen, &untouched});
  CHECK(map(frozen.value) == map(before));
  CHECK(map(untouched.value) == map(same));
  CHECK(adamw.state({&frozen, &untouched}).size() == 2);
}

TEST_CASE("optimisers refuse settings that cannot be") {
  CHECK_THROWS_AS(AdamW<float>({.learning_rate = -1.0}), Error);
  CHECK_THROWS_AS(AdamW<float>({.beta1 = 1.0}), Error);
  CHECK_THROWS_AS(AdamW<float>({.epsilon = 0.0}), Error);
  CHECK_THROWS_AS(Sgd<float>({.momentum = 1.5}), Error);
}
