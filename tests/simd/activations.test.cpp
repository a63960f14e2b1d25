// SPDX-License-Identifier: MIT
/// @file
/// GELU, SiLU and gated activations against long double, at every level, tails and what is not finite included.
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

/// What the docstrings promise, in units in the last place.
double gelu_tanh_bound(double x) {
  return 4 + (x < -1 ? 3 * std::abs(static_cast<double>(argument(x))) : 0.0);
}

double gelu_erf_bound(double x) {
  // the plain twin's erfc multiplies the rounding of its argument
  return simd::level() == simd::Level::scalar && x < -1 ? 4 + 4 * x * x : 7.0;
}

double silu_bound(double) {
  return 3.5;
}

struct Gate {
  GatedActivation form;
  Real (*value)(Real);
  Real (*slope)(Real);
  double (*bound)(double);
};

Real gelu_tanh_slope(Real v) {
  const Real t = argument(v);
  return logistic(t) + v * logistic(t) * logistic(-t) * slope * (1 + 3 * Real{0.044715L} * v * v);
}

Real gelu_erf_slope(Real v) {
  const Real density = std::exp(-v * v / 2) / std::sqrt(2 * std::acos(Real{-1}));
  return std::erfc(-v / std::sqrt(Real{2})) / 2 + v * density;
}

Real silu_slope(Real v) {
  return logistic(v) * (1 + v * logistic(-v));
}

const Gate gates[] = {
    {GatedActivation::silu, exact_silu, silu_slope, silu_bound},
    {GatedActivation::gelu_tanh, [](Real x) { return exact_gelu(x, GeluForm::tanh); }, gelu_tanh_slope,
     gelu_tanh_bound},
    {GatedActivation::gelu_erf, [](Real x) { return exact_gelu(x, GeluForm::erf); }, gelu_erf_slope, gelu_erf_bound}};

/// Requires at most `bound(x)` units in the last place; where results shrink to near the smallest numbers, only that
/// they are small.
template <class T, class Function, class Exact, class Bound>
void require_right(Function&& function, Exact&& exact, Bound&& bound) {
  const Matrix<T> x = numbers<T>(std::same_as<T, float> ? -110 : -760, 95, 400'000);
  const Real small = std::same_as<T, float> ? 1e-35L : 1e-304L;
  std::vector<Real> right_values(x.size());
  std::transform(x.data(), x.data() + x.size(), right_values.begin(),
                 [&](T value) { return exact(static_cast<Real>(value)); });
  for (const simd::Level level : simd::levels()) {
    CAPTURE(simd::name(level));
    const UseLevel use(level);
    Matrix<T> y = make_matrix<T>(1, static_cast<Index>(x.size()));
    function(map(x), map(y));
    int wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const T value = x.data()[i];
      const Real wanted = right_values[i];
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
  require_right<TestType>([](const auto& in, auto out) { silu<TestType>(in, out); }, exact_silu, silu_bound);
}

TEMPLATE_TEST_CASE("gelu is right to the places that it promises", "[math]", float, double) {
  require_right<TestType>([](const auto& in, auto out) { gelu<TestType>(in, out, GeluForm::tanh); },
                          [](Real x) { return exact_gelu(x, GeluForm::tanh); }, gelu_tanh_bound);
  require_right<TestType>([](const auto& in, auto out) { gelu<TestType>(in, out, GeluForm::erf); },
                          [](Real x) { return exact_gelu(x, GeluForm::erf); }, gelu_erf_bound);
}

TEMPLATE_TEST_CASE("gated activations are right to the places that they promise", "[math]", float, double) {
  using T = TestType;
  for (const Gate& gate : gates) {
    CAPTURE(static_cast<int>(gate.form));
    const T factor = T(-0.7);
    const Matrix<T> up = make_matrix<T>(1, 400'000, factor);
    require_right<T>([&](const auto& in, auto out) { gated<T>(in, map(up), out, gate.form); },
                     [&](Real x) { return gate.value(x) * static_cast<Real>(factor); },
                     [&](double x) { return 1.5 * gate.bound(x) + 0.5; });  // a unit may be half of the factor's
  }
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
    for (const Gate& gate : gates) {
      for (const simd::Level level : simd::levels()) {
        CAPTURE(n, d, static_cast<int>(gate.form), simd::name(level));
        const UseLevel use(level);
        Placed<T> results[3] = {{n, d, random}, {n, d, random}, {n, d, random}};
        const WriteMode mode = round % 2 == 0 ? WriteMode::overwrite : WriteMode::add;
        if (gate.form == GatedActivation::silu) {
          silu_gradient<T>(x.view(), dy.view(), results[0].view(), mode);
        } else {
          const GeluForm form = gate.form == GatedActivation::gelu_erf ? GeluForm::erf : GeluForm::tanh;
          gelu_gradient<T>(x.view(), dy.view(), results[0].view(), form, mode);
        }
        gated_gradient<T>(x.view(), up.view(), dy.view(), gate.form,
                          {results[1].view(), mode, results[2].view(), mode});
        Placed<T> y(n, d, random);
        gated<T>(x.view(), up.view(), y.view(), gate.form);
        bool right = true;
        for (Index i = 0; i < n; ++i) {
          for (Index j = 0; j < d; ++j) {
            const Real v = x(i, j);
            const Real wanted[3] = {gate.slope(v), gate.slope(v) * up(i, j), gate.value(v)};
            const Real bound = 16 * unit * (1 + std::abs(v));
            for (int k = 0; k < 3; ++k) {
              const Real before = mode == WriteMode::add ? results[k](i, j) : 0.0;
              right = right && std::abs(results[k].now(i, j) - (before + wanted[k] * dy(i, j))) <= bound;
            }
            right = right && std::abs(y.now(i, j) - gate.value(v) * up(i, j)) <= bound;
          }
        }
        CHECK(right);
        CHECK(std::all_of(std::begin(results), std::end(results), [](auto& r) { return r.untouched_around(); }));
        CHECK(y.untouched_around());
      }
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
    Matrix<T> dx[6] = {one, one, one, one, one, one};
    gelu_gradient<T>(map(x), map(one), map(dx[0]), GeluForm::tanh);
    gelu_gradient<T>(map(x), map(one), map(dx[1]), GeluForm::erf);
    silu_gradient<T>(map(x), map(one), map(dx[2]));
    for (std::size_t i = 0; i < 3; ++i) {
      Matrix<T> dup = one;
      Matrix<T> y = one;
      gated_gradient<T>(map(x), map(one), map(one), gates[i].form,
                        {map(dx[3 + i]), WriteMode::overwrite, map(dup), WriteMode::overwrite});
      gated<T>(map(x), map(one), map(y), gates[i].form);
      for (const auto& own : {dup, y}) {
        CHECK(own(0, 0) == T{0});
        CHECK((own(0, 33) == infinity && own(0, 35) == std::numeric_limits<T>::max()));
        CHECK((own(0, 34) == T{0} && own(0, 36) == T{0}));
        CHECK(std::isnan(own(0, 37)));
      }
    }
    for (const auto& own : dx) {
      CHECK(own(0, 0) == T(0.5));
      CHECK((own(0, 33) == T{1} && own(0, 35) == T{1}));
      CHECK((own(0, 34) == T{0} && own(0, 36) == T{0}));
      CHECK(std::isnan(own(0, 37)));
    }
  }
}

TEST_CASE("a gradient of a gated activation that is not wanted is not written", "[math]") {
  const Matrix<float> x = make_matrix<float>(2, 20, 1.0F);
  Matrix<float> dup = make_matrix<float>(2, 20, 0.0F);
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    for (const Gate& gate : gates) {
      Matrix<float> dgate = make_matrix<float>(2, 20, 0.0F);
      gated_gradient<float>(map(x), map(x), map(x), gate.form,
                            {map(dgate), WriteMode::overwrite, {}, WriteMode::overwrite});
      gated_gradient<float>(map(x), map(x), map(x), gate.form,
                            {{}, WriteMode::overwrite, map(dup), WriteMode::overwrite});
      CHECK((flat(dgate) - static_cast<float>(gate.slope(1))).abs().maxCoeff() < 1e-6F);
      CHECK((flat(dup) - static_cast<float>(gate.value(1))).abs().maxCoeff() < 1e-6F);
    }
  }
}
