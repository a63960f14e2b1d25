// SPDX-License-Identifier: MIT
/// @file
/// GELU, SiLU and SwiGLU against long double, at every level, tails and what is not finite included.
#include <ampsft/simd/activations.hpp>

#include "simd/testing.hpp"
#include "simd/ulps.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

using Real = long double;

Real logistic(Real t) {
  return t < 0 ? std::exp(t) / (1 + std::exp(t)) : 1 / (1 + std::exp(-t));
}

const Real slope = 2 * std::sqrt(2 / std::acos(Real{-1}));

Real argument(Real x) {
  return slope * (x + Real{0.044715L} * x * x * x);
}

/// At minus infinity these functions are their limit, zero.
Real limited(Real x) {
  return x < -1e4L ? -1e4L : x;
}

Real exact_gelu(Real x, GeluForm form) {
  x = limited(x);
  return form == GeluForm::tanh ? x * logistic(argument(x)) : x / 2 * std::erfc(-x / std::sqrt(Real{2}));
}

Real exact_silu(Real x) {
  return limited(x) * logistic(limited(x));
}

/// Requires at most `bound(x)` units in the last place; where results shrink to near the smallest numbers, only that
/// they are small.
template <class T, class Function, class Exact, class Bound>
void require_right(Function&& function, Exact&& exact, Bound&& bound) {
  const Matrix<T> x = numbers<T>(std::same_as<T, float> ? -110 : -760, 95, 400'000);
  const Real small = std::same_as<T, float> ? 1e-35L : 1e-304L;
  for (const simd::Level level : simd::levels()) {
    CAPTURE(simd::name(level));
    const UseLevel use(level);
    Matrix<T> y = make_matrix<T>(1, static_cast<Index>(x.size()));
    function(map(x), map(y));
    int wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const T value = x.data()[i];
      const Real wanted = exact(static_cast<Real>(value));
      const bool right = std::abs(wanted) < small ? std::abs(static_cast<Real>(y.data()[i]) - wanted) < 1e-4L * small
                                                  : ulps(y.data()[i], wanted) <= bound(static_cast<double>(value));
      if (!right && wrong++ < 3) {
        UNSCOPED_INFO("at " << value << ": " << y.data()[i] << " instead of " << wanted);
      }
    }
    CHECK(wrong == 0);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("silu is right to three places", "[math]", float, double) {
  require_right<TestType>([](const auto& in, auto out) { silu<TestType>(in, out); }, exact_silu,
                          [](double) { return 3.5; });
}

TEMPLATE_TEST_CASE("gelu is right to the places that it promises", "[math]", float, double) {
  require_right<TestType>([](const auto& in, auto out) { gelu<TestType>(in, out, GeluForm::tanh); },
                          [](Real x) { return exact_gelu(x, GeluForm::tanh); },
                          [](double x) { return 4 + (x < -1 ? 3 * std::abs(static_cast<double>(argument(x))) : 0.0); });
  require_right<TestType>(
      [](const auto& in, auto out) { gelu<TestType>(in, out, GeluForm::erf); },
      [](Real x) { return exact_gelu(x, GeluForm::erf); },
      // the plain twin's erfc multiplies the rounding of its argument
      [](double x) { return simd::level() == simd::Level::scalar && x < -1 ? 4 + 4 * x * x : 7.0; });
}

TEMPLATE_TEST_CASE("gradients of the activations equal their formulas", "[math]", float, double) {
  using T = TestType;
  const Real unit = static_cast<Real>(std::numeric_limits<T>::epsilon());
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    const Index n = random.below(9);
    const Index d = round % 10 == 0 ? 3000 : 1 + random.below(40);
    Placed<T> x(n, d, random, 12.0);
    Placed<T> up(n, d, random);
    Placed<T> dy(n, d, random);
    for (const simd::Level level : simd::levels()) {
      CAPTURE(n, d, simd::name(level));
      const UseLevel use(level);
      Placed<T> results[5] = {{n, d, random}, {n, d, random}, {n, d, random}, {n, d, random}, {n, d, random}};
      const WriteMode mode = round % 2 == 0 ? WriteMode::overwrite : WriteMode::add;
      gelu_gradient<T>(x.view(), dy.view(), results[0].view(), GeluForm::tanh, mode);
      gelu_gradient<T>(x.view(), dy.view(), results[1].view(), GeluForm::erf, mode);
      silu_gradient<T>(x.view(), dy.view(), results[2].view(), mode);
      swiglu_gradient<T>(x.view(), up.view(), dy.view(), {results[3].view(), mode, results[4].view(), mode});
      Placed<T> y(n, d, random);
      swiglu<T>(x.view(), up.view(), y.view());
      for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < d; ++j) {
          const Real v = x(i, j);
          const Real t = argument(v);
          const Real dt = slope * (1 + 3 * Real{0.044715L} * v * v);
          const Real density = std::exp(-v * v / 2) / std::sqrt(2 * std::acos(Real{-1}));
          const Real dsilu = logistic(v) * (1 + v * logistic(-v));
          const Real wanted[5] = {logistic(t) + v * logistic(t) * logistic(-t) * dt,
                                  std::erfc(-v / std::sqrt(Real{2})) / 2 + v * density, dsilu, dsilu * up(i, j),
                                  exact_silu(v)};
          for (int k = 0; k < 5; ++k) {
            const Real before = mode == WriteMode::add ? results[k](i, j) : 0.0;
            REQUIRE(std::abs(results[k].now(i, j) - (before + wanted[k] * dy(i, j))) <= 16 * unit * (1 + std::abs(v)));
          }
          REQUIRE(std::abs(y.now(i, j) - exact_silu(v) * up(i, j)) <= 16 * unit * (1 + std::abs(v)));
        }
      }
      CHECK(std::all_of(std::begin(results), std::end(results), [](auto& r) { return r.untouched_around(); }));
    }
  }
}

TEMPLATE_TEST_CASE("gradients of the activations have their limits far out, and keep what is no number", "[math]",
                   float, double) {
  using T = TestType;
  const T infinity = std::numeric_limits<T>::infinity();
  Matrix<T> x = make_matrix<T>(1, 40, T{0});
  Matrix<T> one = make_matrix<T>(1, 40, T{1});
  const T values[] = {infinity, -infinity, std::numeric_limits<T>::max(), std::numeric_limits<T>::lowest(),
                      std::numeric_limits<T>::quiet_NaN()};
  std::copy(std::begin(values), std::end(values), x.data() + 33);
  for (const simd::Level level : simd::levels()) {
    CAPTURE(simd::name(level));
    const UseLevel use(level);
    Matrix<T> dx[3] = {one, one, one};
    gelu_gradient<T>(map(x), map(one), map(dx[0]), GeluForm::tanh);
    gelu_gradient<T>(map(x), map(one), map(dx[1]), GeluForm::erf);
    silu_gradient<T>(map(x), map(one), map(dx[2]));
    for (const auto& own : dx) {
      CHECK(own(0, 0) == T(0.5));
      CHECK((own(0, 33) == T{1} && own(0, 35) == T{1}));
      CHECK((own(0, 34) == T{0} && own(0, 36) == T{0}));
      CHECK(std::isnan(own(0, 37)));
    }
  }
}

TEST_CASE("a gradient of SwiGLU that is not wanted is not written", "[math]") {
  const Matrix<float> x = make_matrix<float>(2, 20, 1.0F);
  Matrix<float> dup = make_matrix<float>(2, 20, 0.0F);
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    Matrix<float> dgate = make_matrix<float>(2, 20, 0.0F);
    swiglu_gradient<float>(map(x), map(x), map(x), {map(dgate), WriteMode::overwrite, {}, WriteMode::overwrite});
    swiglu_gradient<float>(map(x), map(x), map(x), {{}, WriteMode::overwrite, map(dup), WriteMode::overwrite});
    CHECK((flat(dgate) - 0.9276706F).abs().maxCoeff() < 1e-6F);
    CHECK((flat(dup) - 0.7310586F).abs().maxCoeff() < 1e-6F);
  }
}
