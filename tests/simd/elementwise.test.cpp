// SPDX-License-Identifier: MIT
/// @file
/// exp and tanh to the units in the last place that their docstrings promise, at every level; sums and copies.
#include <ampsft/simd/elementwise.hpp>

#include "simd/testing.hpp"
#include "simd/ulps.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// The worst error of `function`, which fills its second argument, at all of `x` and at every level but scalar, whose
/// functions are the C library's.
template <class T, class Function, class Exact>
double worst(const Matrix<T>& x, Function&& function, Exact&& exact) {
  double error = 0.0;
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    Matrix<T> y = make_matrix<T>(1, static_cast<Index>(x.size()));
    function(map(x), map(y));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double own = ulps(y.data()[i], exact(static_cast<long double>(x.data()[i])));
      if (own > error) {
        error = own;
        UNSCOPED_INFO(simd::name(level) << " is " << own << " off at " << x.data()[i]);
      }
    }
  }
  return error;
}

constexpr Index many = 400'000;

}  // namespace

TEMPLATE_TEST_CASE("exp is right to the last place, over- and underflow included", "[math]", float, double) {
  const bool single = std::same_as<TestType, float>;
  const auto x = numbers<TestType>(single ? -110 : -760, single ? 95 : 715, many);
  CHECK(worst(
            x, [](const auto& in, auto out) { exponential<TestType>(in, out); },
            [](long double v) { return std::exp(v); }) <= 1.0);
}

TEMPLATE_TEST_CASE("tanh is right to the last places, small numbers included", "[math]", float, double) {
  const auto x = numbers<TestType>(-23, 23, many);
  CHECK(worst(
            x, [](const auto& in, auto out) { hyperbolic_tangent<TestType>(in, out); },
            [](long double v) { return std::tanh(v); }) <= 2.5);
  Matrix<TestType> zero = make_matrix<TestType>(1, 1, -TestType{0});
  hyperbolic_tangent<TestType>(map(zero), map(zero));
  CHECK(std::signbit(zero(0, 0)));
}

TEMPLATE_TEST_CASE("sums and copies of matrices at any place", "[math]", float, double) {
  using T = TestType;
  Random random(1);
  for (int round = 0; round < 60; ++round) {
    const Index n = random.below(20);
    const Index d = round % 10 == 0 ? 5000 : 1 + random.below(40);
    Placed<T> a(n, d, random);
    Placed<T> b(n, d, random);
    for (const simd::Level level : simd::levels()) {
      CAPTURE(n, d, simd::name(level));
      const UseLevel use(level);
      Placed<T> sum(n, d, random);
      Placed<T> copy(n, d, random);
      Placed<T> more(n, d, random);
      add<T>(a.view(), b.view(), sum.view());
      accumulate<T>(a.view(), copy.view(), WriteMode::overwrite);
      accumulate<T>(a.view(), more.view());
      CHECK(sum.view() == a.view() + b.view());
      CHECK(copy.view() == a.view());
      for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < d; ++j) {
          REQUIRE(static_cast<T>(more.now(i, j)) == static_cast<T>(more(i, j)) + static_cast<T>(a(i, j)));
        }
      }
      CHECK((sum.untouched_around() && copy.untouched_around() && more.untouched_around()));
    }
  }
}

TEST_CASE("elementwise functions refuse matrices that differ in shape", "[math]") {
  Matrix<float> a = make_matrix<float>(2, 3, 0.0F);
  Matrix<float> b = make_matrix<float>(3, 2, 0.0F);
  CHECK_THROWS_WITH(exponential<float>(map(a), map(b)), ContainsSubstring("2 x 3") && ContainsSubstring("3 x 2"));
  CHECK_THROWS_AS(add<float>(map(a), map(b), map(a)), Error);
  CHECK_THROWS_AS(accumulate<float>(map(a), map(b)), Error);
}
