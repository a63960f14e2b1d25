// SPDX-License-Identifier: MIT
/// @file
/// exp, tanh and soft caps to the units in the last place that their docstrings promise, at every level; sums,
/// multiples and copies.
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

TEMPLATE_TEST_CASE("soft caps are right to the last places", "[math]", float, double) {
  using T = TestType;
  Matrix<T> x = numbers<T>(-500, 500, many);
  for (T& element : x.storage()) {
    if (std::abs(element) < 1000 * std::numeric_limits<T>::min()) {
      element = T{0};  // x / cap has fewer places there
    }
  }
  for (const T cap : {T{30}, static_cast<T>(0.7)}) {
    CHECK(worst(
              x, [&](const auto& in, auto out) { soft_cap<T>(in, cap, out); },
              [&](long double v) { return cap * std::tanh(v / static_cast<long double>(cap)); }) <= 5.0);
  }
}

TEMPLATE_TEST_CASE("multiples and gradients of soft caps of matrices at any place", "[math]", float, double) {
  using T = TestType;
  const long double unit = static_cast<long double>(std::numeric_limits<T>::epsilon());
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    const Index n = random.below(20);
    const Index d = round % 10 == 0 ? 5000 : 1 + random.below(40);
    const WriteMode mode = round % 2 == 0 ? WriteMode::overwrite : WriteMode::add;
    const T factor = static_cast<T>(0.5 + 2 * random.uniform());
    Placed<T> a(n, d, random, static_cast<double>(factor));  // what a cap of `factor` gives
    Placed<T> b(n, d, random);
    for (const simd::Level level : simd::levels()) {
      CAPTURE(n, d, simd::name(level));
      const UseLevel use(level);
      Placed<T> multiple(n, d, random);
      Placed<T> sum(n, d, random);
      Placed<T> gradient(n, d, random);
      scale<T>(b.view(), factor, multiple.view(), mode);
      add_scaled<T>(a.view(), b.view(), factor, sum.view());
      soft_cap_gradient<T>(a.view(), b.view(), factor, gradient.view(), mode);
      const long double kept = mode == WriteMode::add ? 1 : 0;
      for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < d; ++j) {
          const long double t = static_cast<long double>(a(i, j)) / factor;
          const long double product = static_cast<long double>(factor) * b(i, j);
          REQUIRE(std::abs(multiple.now(i, j) - (kept * multiple(i, j) + product)) <= 4 * unit);
          REQUIRE(std::abs(sum.now(i, j) - (a(i, j) + product)) <= 4 * unit);
          REQUIRE(std::abs(gradient.now(i, j) - (kept * gradient(i, j) + (1 - t * t) * b(i, j))) <= 8 * unit);
        }
      }
      CHECK((multiple.untouched_around() && sum.untouched_around() && gradient.untouched_around()));
    }
  }
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
  CHECK_THROWS_AS(scale<float>(map(a), 2.0F, map(b)), Error);
  CHECK_THROWS_AS(add_scaled<float>(map(a), map(b), 2.0F, map(a)), Error);
  CHECK_THROWS_AS(soft_cap<float>(map(a), 2.0F, map(b)), Error);
  CHECK_THROWS_AS(soft_cap_gradient<float>(map(a), map(b), 2.0F, map(a)), Error);
}

TEST_CASE("a soft cap must be a positive number", "[math]") {
  Matrix<float> a = make_matrix<float>(2, 3, 0.0F);
  for (const float cap : {0.0F, -1.0F, std::numeric_limits<float>::infinity(), 1e-42F}) {
    CHECK_THROWS_WITH(soft_cap<float>(map(a), cap, map(a)), ContainsSubstring("positive number"));
    CHECK_THROWS_WITH(soft_cap_gradient<float>(map(a), map(a), cap, map(a)), ContainsSubstring("positive number"));
  }
}
