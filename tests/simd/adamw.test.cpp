// SPDX-License-Identifier: MIT
/// @file
/// One step of AdamW against its formula in long double, at every level and length.
#include <ampsft/simd/adamw.hpp>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("a step of AdamW equals its formula", "[math]", float, double) {
  using T = TestType;
  Random random(1);
  const AdamWRates<T> rates{T(0.9), T(0.95), T(0.02), T(1.5), T(1e-6), T(0.99)};
  for (const std::size_t count : {1U, 7U, 8U, 16U, 33U, 40'000U}) {
    std::vector<T> start[4];
    for (auto& array : start) {
      for (std::size_t i = 0; i < count; ++i) {
        array.push_back(static_cast<T>(2 * random.uniform() - 1));
      }
    }
    for (T& v : start[2]) {
      v = std::abs(v);
    }
    for (const simd::Level level : simd::levels()) {
      CAPTURE(count, simd::name(level));
      const UseLevel use(level);
      auto [g, m, v, p] = start;
      adamw_step<T>(g, m, v, p, rates);
      double worst = 0.0;
      for (std::size_t i = 0; i < count; ++i) {
        const double slope = static_cast<double>(start[0][i]);
        const double first = 0.9 * static_cast<double>(start[1][i]) + 0.1 * slope;
        const double second = 0.95 * static_cast<double>(start[2][i]) + 0.05 * slope * slope;
        const double moved = 0.99 * static_cast<double>(start[3][i]) - 0.02 * first / (std::sqrt(1.5 * second) + 1e-6);
        worst = std::max({worst, std::abs(static_cast<double>(m[i]) - first),
                          std::abs(static_cast<double>(v[i]) - second), std::abs(static_cast<double>(p[i]) - moved)});
      }
      CHECK(worst < 8 * static_cast<double>(std::numeric_limits<T>::epsilon()));
    }
  }
}

TEST_CASE("a step of AdamW refuses lengths that differ", "[math]") {
  std::vector<float> three(3);
  std::vector<float> two(2);
  CHECK_THROWS_WITH(adamw_step<float>(two, three, three, three, {}), ContainsSubstring("2 gradients"));
  CHECK_THROWS_AS(adamw_step<float>(three, two, three, three, {}), Error);
  CHECK_THROWS_AS(adamw_step<float>(three, three, two, three, {}), Error);
}
