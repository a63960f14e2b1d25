// SPDX-License-Identifier: MIT
/// @file
/// Layer norm and RMS norm against a naive twin in long double, at every level; their sums over threads.
#include <ampsft/simd/normalize.hpp>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

using Real = long double;

struct Twin {
  std::vector<Real> h, inverse;

  template <class T>
  Twin(Placed<T>& x, Real epsilon, bool centred) {
    for (Index i = 0; i < x.rows(); ++i) {
      Real mean = 0;
      Real square = 0;
      for (Index j = 0; centred && j < x.cols(); ++j) {
        mean += static_cast<Real>(x(i, j)) / static_cast<Real>(x.cols());
      }
      for (Index j = 0; j < x.cols(); ++j) {
        square += (x(i, j) - mean) * (x(i, j) - mean) / static_cast<Real>(x.cols());
      }
      inverse.push_back(1 / std::sqrt(square + epsilon));
      for (Index j = 0; j < x.cols(); ++j) {
        h.push_back((x(i, j) - mean) * inverse.back());
      }
    }
  }
};

}  // namespace

TEMPLATE_TEST_CASE("norms and their gradients equal their naive twins", "[math]", float, double) {
  using T = TestType;
  const Real unit = static_cast<Real>(std::numeric_limits<T>::epsilon());
  Random random(1);
  for (int round = 0; round < 120; ++round) {
    const bool centred = round % 2 == 0;
    const bool with_bias = centred && round % 3 != 0;
    const WriteMode mode = round % 4 < 2 ? WriteMode::overwrite : WriteMode::add;
    const Index n = round % 20 == 0 ? 150 : random.below(12);
    const Index d = round % 10 == 1 ? 700 : 1 + random.below(70);
    const double epsilon = round % 5 == 0 ? 1.0 : 1e-5;
    Placed<T> x(n, d, random);
    Placed<T> gain(1, d, random);
    Placed<T> bias(1, d, random);
    Placed<T> dy(n, d, random);
    const Twin twin(x, static_cast<Real>(epsilon), centred);
    // Where a row's elements are nearly alike, what rounding left of the mean is multiplied.
    const Real bound = 64 * unit * static_cast<Real>(d == 1 ? 1e3 : 40);
    for (const simd::Level level : simd::levels()) {
      CAPTURE(round, n, d, simd::name(level));
      const UseLevel use(level);
      Placed<T> y(n, d, random);
      Placed<T> dx(n, d, random);
      Placed<T> dgain(1, d, random);
      Placed<T> dbias(1, d, random);
      std::vector<T> mean(static_cast<std::size_t>(n));
      std::vector<T> inverse(static_cast<std::size_t>(n));
      const NormState<T> state{centred ? mean.data() : nullptr, inverse.data()};
      normalize<T>(x.view(), gain.view(), bias.view().topRows(with_bias ? 1 : 0), epsilon, state, y.view());
      normalize_gradient<T>(x.view(), gain.view(), {state.mean, state.inverse}, dy.view(),
                            {dx.view(), mode, dgain.view(), mode, dbias.view(), mode});
      const Real kept = mode == WriteMode::add ? 1 : 0;
      for (Index i = 0; i < n; ++i) {
        const Real* const h = twin.h.data() + i * d;
        const Real scale = twin.inverse[static_cast<std::size_t>(i)];
        Real shift = 0;
        Real along = 0;
        for (Index j = 0; j < d; ++j) {
          shift += centred ? Real{dy(i, j)} * gain(0, j) / static_cast<Real>(d) : Real{0};
          along += Real{dy(i, j)} * gain(0, j) * h[j] / static_cast<Real>(d);
        }
        for (Index j = 0; j < d; ++j) {
          REQUIRE(std::abs(y.now(i, j) - (h[j] * gain(0, j) + (with_bias ? bias(0, j) : 0.0))) <= bound * (1 + scale));
          const Real wanted = (Real{dy(i, j)} * gain(0, j) - shift - h[j] * along) * scale;
          REQUIRE(std::abs(dx.now(i, j) - (kept * dx(i, j) + wanted)) <= bound * (1 + scale) * (1 + scale));
        }
      }
      for (Index j = 0; j < d; ++j) {
        Real gain_sum = kept * dgain(0, j);
        Real bias_sum = kept * dbias(0, j);
        for (Index i = 0; i < n; ++i) {
          gain_sum += dy(i, j) * twin.h[static_cast<std::size_t>(i * d + j)];
          bias_sum += dy(i, j);
        }
        REQUIRE(std::abs(dgain.now(0, j) - gain_sum) <= bound * static_cast<Real>(n + 1) * (d == 1 ? 300 : 1));
        REQUIRE(std::abs(dbias.now(0, j) - bias_sum) <= bound * static_cast<Real>(n + 1));
      }
      CHECK((y.untouched_around() && dx.untouched_around() && dgain.untouched_around() && dbias.untouched_around()));
    }
  }
}

TEST_CASE("norms of rows far from zero keep their places", "[math]") {
  const Index d = 300;
  Matrix<float> x = make_matrix<float>(1, d);
  for (Index j = 0; j < d; ++j) {
    x.data()[j] = 1000.0F + static_cast<float>(j % 2);
  }
  const Matrix<float> gain = make_matrix<float>(1, d, 1.0F);
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    float mean = 0.0F;
    float inverse = 0.0F;
    Matrix<float> y = x;
    normalize<float>(map(x), map(gain), ConstMatrixMap<float>(nullptr, 0, 0), 0.0, {&mean, &inverse}, map(y));
    CHECK(std::abs(inverse - 2.0F) < 1e-3F);
    CHECK((flat(y).abs() - 1.0F).abs().maxCoeff() < 2e-3F);
  }
}

TEST_CASE("gradients of gain and bias repeat bit for bit, and agree over thread counts", "[math]") {
  Random random(3);
  Placed<float> x(700, 96, random);
  Placed<float> dy(700, 96, random);
  Placed<float> gain(1, 96, random);
  std::vector<float> mean(700);
  std::vector<float> inverse(700);
  const NormState<float> state{mean.data(), inverse.data()};
  const auto run = [&](int threads) {
    const UseThreads use(threads);
    Matrix<float> y = make_matrix<float>(700, 96);
    normalize<float>(x.view(), gain.view(), gain.view(), 1e-5, state, map(y));
    Matrix<float> sums = make_matrix<float>(2, 96, 0.0F);
    normalize_gradient<float>(x.view(), gain.view(), {mean.data(), inverse.data()}, dy.view(),
                              {{}, WriteMode::add, map(sums).row(0), WriteMode::add, map(sums).row(1), WriteMode::add});
    return sums;
  };
  const Matrix<float> one = run(1);
  const Matrix<float> three = run(3);
  const Matrix<float> again = run(3);
  CHECK(map(three) == map(again));
  CHECK((flat(one) - flat(three)).abs().maxCoeff() < 1e-4F);
}

TEST_CASE("norms refuse shapes that do not fit", "[math]") {
  Matrix<float> x = make_matrix<float>(2, 3, 1.0F);
  Matrix<float> wide = make_matrix<float>(1, 4, 1.0F);
  Matrix<float> gain = make_matrix<float>(1, 3, 1.0F);
  float saved[2];
  const NormState<float> state{nullptr, saved};
  const ConstMatrixMap<float> none(nullptr, 0, 0);
  CHECK_THROWS_WITH(normalize<float>(map(x), map(wide), none, 0.1, state, map(x)), ContainsSubstring("1 x 3"));
  CHECK_THROWS_AS(normalize<float>(map(x), map(gain), map(wide), 0.1, state, map(x)), Error);
  CHECK_THROWS_AS(normalize<float>(map(x), map(gain), none, 0.1, state, map(gain)), Error);
  const NormState<const float> known{nullptr, saved};
  CHECK_THROWS_AS(normalize_gradient<float>(map(x), map(wide), known, map(x), {}), Error);
  CHECK_THROWS_AS(normalize_gradient<float>(map(x), map(gain), known, map(gain), {}), Error);
  CHECK_THROWS_AS(normalize_gradient<float>(map(x), map(gain), known, map(x), {map(gain)}), Error);
  CHECK_THROWS_AS(normalize_gradient<float>(map(x), map(gain), known, map(x), {{}, WriteMode::add, map(wide)}), Error);
}
