// SPDX-License-Identifier: MIT
#include <ampsft/train/clip.hpp>
#include <ampsft/train/schedule.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("the warm-up rises linearly and the decay ends at the final fraction") {
  const auto decay = GENERATE(Decay::linear, Decay::cosine);
  const Schedule schedule{decay, 4, 0.1};
  CHECK(schedule.factor(0, 20) == Approx(0.25));
  CHECK(schedule.factor(3, 20) == Approx(1.0));
  CHECK(schedule.factor(4, 20) == Approx(1.0));
  CHECK(schedule.factor(19, 20) == Approx(0.1));
  for (Index step = 5; step < 20; ++step) {
    CHECK(schedule.factor(step, 20) < schedule.factor(step - 1, 20));
  }
}

TEST_CASE("linear and cosine decay meet their formulas half-way") {
  CHECK(Schedule{Decay::linear, 0, 0.2}.factor(5, 11) == Approx(0.6));
  CHECK(Schedule{Decay::cosine, 0, 0.2}.factor(5, 11) == Approx(0.6));
  CHECK(Schedule{Decay::cosine, 0, 0.0}.factor(2, 9) == Approx(0.5 * (1 + std::cos(std::acos(-1.0) / 4))));
  CHECK(Schedule{Decay::constant, 0, 0.2}.factor(10, 11) == 1.0);
}

TEST_CASE("a schedule of one step has factor 1, and impossible ones are refused") {
  CHECK(Schedule{}.factor(0, 1) == 1.0);
  CHECK_THROWS_AS((Schedule{Decay::linear, -1, 0.1}.validate()), Error);
  CHECK_THROWS_AS((Schedule{Decay::linear, 0, 1.5}.validate()), Error);
}

TEST_CASE("clipping scales all gradients by one factor, only above the limit") {
  Parameter<double> a("a", make_matrix<double>(1, 2, 0.0));
  Parameter<double> b("b", make_matrix<double>(1, 1, 0.0));
  Parameter<double> frozen("c", make_matrix<double>(1, 1, 0.0));
  frozen.trainable = false;
  for (auto* parameter : {&a, &b, &frozen}) {
    parameter->gradient = make_matrix<double>(1, parameter->size(), 2.0);
    parameter->has_gradient = true;
  }
  const ParameterList<double> all{&a, &b, &frozen};
  const double norm = std::sqrt(12.0);
  CHECK(clip_gradients(all, 0.0) == Approx(norm));
  CHECK(clip_gradients(all, 4.0) == Approx(norm));
  CHECK(a.gradient(0, 1) == 2.0);
  CHECK(clip_gradients(all, 1.0) == Approx(norm));
  CHECK(a.gradient(0, 1) == Approx(2.0 / norm));
  CHECK(gradient_norm(all) == Approx(1.0));
  CHECK(frozen.gradient(0, 0) == 2.0);
  a.gradient(0, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(gradient_norm(all)));
}
