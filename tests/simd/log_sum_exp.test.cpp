// SPDX-License-Identifier: MIT
/// @file
/// Log-sums by blocks of columns and the gradient of cross-entropy, against long double, at every level.
#include <ampsft/simd/log_sum_exp.hpp>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("log-sums and gradients equal their naive twins, however the columns are cut", "[math]", float,
                   double) {
  using T = TestType;
  const long double unit = static_cast<long double>(std::numeric_limits<T>::epsilon());
  Random random(1);
  for (int round = 0; round < 80; ++round) {
    const Index n = random.below(9);
    const Index d = round % 10 == 0 ? 900 : 1 + random.below(90);
    Placed<T> x(n, d, random, round % 2 == 0 ? 3.0 : 60.0);
    std::vector<std::int32_t> targets;
    for (Index i = 0; i < n; ++i) {
      targets.push_back(static_cast<std::int32_t>(random.below(d + 1)) - 1);  // -1 is ignored
    }
    for (const simd::Level level : simd::levels()) {
      CAPTURE(round, n, d, simd::name(level));
      const UseLevel use(level);
      std::vector<T> maximum(static_cast<std::size_t>(n), -std::numeric_limits<T>::infinity());
      std::vector<T> sum(static_cast<std::size_t>(n), T{0});
      std::vector<Index> cuts{0};
      while (cuts.back() < d) {
        cuts.push_back(std::min(d, cuts.back() + 1 + random.below(d)));
      }
      for (std::size_t c = 1; c < cuts.size(); ++c) {
        add_to_log_sum<T>(x.view().middleCols(cuts[c - 1], cuts[c] - cuts[c - 1]), maximum, sum);
      }
      std::vector<T> log_sum(maximum.size());
      for (Index i = 0; i < n; ++i) {
        const auto k = static_cast<std::size_t>(i);
        long double wanted = 0;
        long double most = x(i, 0);
        for (Index j = 0; j < d; ++j) {
          wanted += std::exp(static_cast<long double>(x(i, j)));
          most = std::max<long double>(most, x(i, j));
        }
        log_sum[k] = static_cast<T>(std::log(wanted));
        CHECK(static_cast<long double>(maximum[k]) == most);
        CHECK(std::abs(static_cast<long double>(sum[k]) * std::exp(most) / wanted - 1) < 40 * unit);
      }
      const T scale = static_cast<T>(0.25);
      const WriteMode mode = round % 3 == 0 ? WriteMode::add : WriteMode::overwrite;
      Placed<T> g(n, d, random);
      for (std::size_t c = 1; c < cuts.size(); ++c) {
        const Index width = cuts[c] - cuts[c - 1];
        cross_entropy_gradient<T>(x.view().middleCols(cuts[c - 1], width), std::span<const T>(log_sum), targets,
                                  cuts[c - 1], scale, g.view().middleCols(cuts[c - 1], width), mode);
      }
      for (Index i = 0; i < n; ++i) {
        const auto k = static_cast<std::size_t>(i);
        for (Index j = 0; j < d; ++j) {
          const long double p = std::exp(static_cast<long double>(x(i, j)) - log_sum[k]) - (targets[k] == j ? 1 : 0);
          const long double wanted = (mode == WriteMode::add ? g(i, j) : 0.0) + (targets[k] >= 0 ? p * 0.25L : 0.0L);
          REQUIRE(std::abs(g.now(i, j) - wanted) <= 100 * unit);
        }
      }
      CHECK(g.untouched_around());
    }
  }
}

TEMPLATE_TEST_CASE("the gradient of capped logits is that of what the cap was given", "[math]", float, double) {
  using T = TestType;
  const long double unit = static_cast<long double>(std::numeric_limits<T>::epsilon());
  Random random(3);
  for (int round = 0; round < 40; ++round) {
    const Index n = random.below(9);
    const Index d = 1 + random.below(90);
    const T cap = static_cast<T>(1 + 4 * random.uniform());
    Placed<T> x(n, d, random, 0.999 * static_cast<double>(cap));
    std::vector<std::int32_t> targets;
    std::vector<T> log_sum;
    for (Index i = 0; i < n; ++i) {
      targets.push_back(static_cast<std::int32_t>(random.below(d + 1)) - 1);  // -1 is ignored
      long double sum = 0;
      for (Index j = 0; j < d; ++j) {
        sum += std::exp(static_cast<long double>(x(i, j)));
      }
      log_sum.push_back(static_cast<T>(std::log(sum)));
    }
    const std::span<const T> sums(log_sum);
    for (const simd::Level level : simd::levels()) {
      CAPTURE(round, n, d, simd::name(level));
      const UseLevel use(level);
      const WriteMode mode = round % 3 == 0 ? WriteMode::add : WriteMode::overwrite;
      Placed<T> g(n, d, random);
      cross_entropy_gradient<T>(x.view(), sums, targets, 0, static_cast<T>(0.25), g.view(), mode, cap);
      Matrix<T> in_place = make_matrix(x.view());
      cross_entropy_gradient<T>(map(in_place), sums, targets, 0, static_cast<T>(0.25), map(in_place),
                                WriteMode::overwrite, cap);
      for (Index i = 0; i < n; ++i) {
        const auto k = static_cast<std::size_t>(i);
        for (Index j = 0; j < d; ++j) {
          const long double t = static_cast<long double>(x(i, j)) / cap;
          const long double p = std::exp(static_cast<long double>(x(i, j)) - log_sum[k]) - (targets[k] == j ? 1 : 0);
          const long double wanted = targets[k] >= 0 ? 0.25L * p * (1 - t * t) : 0.0L;
          REQUIRE(std::abs(g.now(i, j) - ((mode == WriteMode::add ? g(i, j) : 0.0) + wanted)) <= 100 * unit);
          REQUIRE(std::abs(map(in_place)(i, j) - wanted) <= 100 * unit);
        }
      }
      CHECK(g.untouched_around());
    }
  }
}

TEST_CASE("log-sums of rows that are not finite", "[math]") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    Matrix<float> x = make_matrix<float>(4, 37, -infinity);
    x(1, 36) = 2.0F;
    x(2, 20) = std::numeric_limits<float>::quiet_NaN();
    x(2, 3) = 1.0F;
    x(3, 5) = infinity;
    std::vector<float> maximum(4, -infinity);
    std::vector<float> sum(4, 0.0F);
    add_to_log_sum<float>(map(x), maximum, sum);
    add_to_log_sum<float>(map(x).leftCols(3), maximum, sum);
    CHECK((maximum[0] == -infinity && sum[0] == 0.0F));
    CHECK((maximum[1] == 2.0F && sum[1] == 1.0F));
    CHECK(std::isnan(sum[2]));
    CHECK(std::isnan(sum[3]));
  }
}

TEST_CASE("rows with a negative target are left out of log-sums", "[math]") {
  const Matrix<float> x = make_matrix<float>(2, 5, 1.0F);
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    std::vector<float> maximum(2, -std::numeric_limits<float>::infinity());
    std::vector<float> sum(2, 0.0F);
    const std::vector<std::int32_t> targets{-1, 3};
    add_to_log_sum<float>(map(x), maximum, sum, targets);
    CHECK(sum == std::vector<float>{0.0F, 5.0F});
  }
}

TEST_CASE("log-sums refuse counts that differ", "[math]") {
  Matrix<float> x = make_matrix<float>(2, 5, 1.0F);
  std::vector<float> two(2, 0.0F);
  std::vector<float> one(1, 0.0F);
  const std::vector<std::int32_t> targets{0};
  CHECK_THROWS_WITH(add_to_log_sum<float>(map(x), one, one), ContainsSubstring("2 rows"));
  CHECK_THROWS_AS(add_to_log_sum<float>(map(x), two, one), Error);
  CHECK_THROWS_AS(add_to_log_sum<float>(map(x), two, two, targets), Error);
  const std::span<const float> sums(two);
  CHECK_THROWS_AS(cross_entropy_gradient<float>(map(x), sums, targets, 0, 1.0F, map(x)), Error);
  const std::vector<std::int32_t> fitting{0, 0};
  CHECK_THROWS_WITH(cross_entropy_gradient<float>(map(x), sums, fitting, 0, 1.0F, map(x), WriteMode::overwrite, -1.0F),
                    ContainsSubstring("cap"));
}
