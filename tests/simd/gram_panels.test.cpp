// SPDX-License-Identifier: MIT
/// @file
/// Rows multiplied with themselves by all threads, against a naive twin, over random shapes, places and levels.
#include <ampsft/simd/gram_panels.hpp>

#include <limits>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("rows in panels give their mean, their energy and their products", "", float, double) {
  using T = TestType;
  constexpr double unit = std::numeric_limits<double>::epsilon();
  Random random(1);
  for (int round = 0; round < 120; ++round) {
    const Index n = round % 20 == 0 ? 600 : 1 + random.below(70);
    const Index d = round % 20 == 1 ? 200 : 1 + random.below(110);
    const Index cut = random.below(n + 1);
    Placed<T> rows(n, d, random);
    const Eigen::MatrixXd x = rows.view().template cast<double>();
    const Eigen::RowVectorXd expected_mean = x.colwise().mean();
    const Eigen::MatrixXd centred = x.rowwise() - expected_mean;
    const Eigen::RowVectorXd last = Eigen::RowVectorXd::Random(d);
    const Eigen::MatrixXd expected = centred.transpose() * centred + last.transpose() * last;
    const UseThreads threads(1 + static_cast<int>(random.below(4)));
    for (const simd::Level level : simd::levels()) {
      CAPTURE(n, d, simd::name(level));
      const UseLevel use(level);
      GramPanels<T> panels(d, n + 1 + random.below(9));
      panels.put(cut, rows.view().bottomRows(n - cut));
      panels.put(0, rows.view().topRows(cut));
      Matrix<double> mean = make_matrix<double>(1, d);
      const double energy = panels.centre(n, map(mean));
      CHECK(std::abs(energy - x.squaredNorm()) <= 400 * unit * x.squaredNorm());
      CHECK((map(mean) - expected_mean).cwiseAbs().maxCoeff() <= 40 * unit);
      panels.put_row(n, last);
      Matrix<double> lower = make_matrix<double>(d, d, 0.5);
      panels.add_products(n + 1, map(lower));
      double error = 0.0;
      for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j <= i; ++j) {
          error = std::max(error, std::abs(map(lower)(i, j) - 0.5 - expected(i, j)));
        }
      }
      CHECK(error <= 40 * unit * static_cast<double>(n + 1));
    }
  }
}

TEST_CASE("the energy of rows in panels shows what is not finite, and what is not zero") {
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    Matrix<double> mean = make_matrix<double>(1, 50);
    const auto energy = [&](double element) {
      Matrix<double> rows = make_matrix<double>(3, 50, 0.0);
      map(rows)(1, 49) = element;
      GramPanels<double> panels(50, 3);
      panels.put(0, map(rows));
      return panels.centre(3, map(mean));
    };
    CHECK(energy(0.0) == 0.0);
    CHECK(energy(1e-200) > 0.0);
    CHECK(energy(2.0) == 4.0);
    CHECK_FALSE(std::isfinite(energy(std::numeric_limits<double>::quiet_NaN())));
    CHECK_FALSE(std::isfinite(energy(-std::numeric_limits<double>::infinity())));
  }
}

TEST_CASE("rows at once take little beside the products of wide ones") {
  for (Index width = 1; width < 20'000; width = width * 5 / 4 + 1) {
    const Index rows = GramPanels<float>::best_rows(width);
    CAPTURE(width, rows);
    CHECK(rows >= 64);
    CHECK(rows * width <= std::max(Index{1} << 15, width * width / 4));
  }
}

TEST_CASE("panels refuse rows that do not fit") {
  GramPanels<float> panels(4, 3);
  const Matrix<float> rows = make_matrix<float>(2, 4, 1.0F);
  Matrix<double> mean = make_matrix<double>(1, 4);
  Matrix<double> square = make_matrix<double>(4, 5);
  CHECK_THROWS_WITH(panels.put(2, map(rows)), ContainsSubstring("2 rows") && ContainsSubstring("of 3"));
  CHECK_THROWS_AS(panels.put(-1, map(rows)), Error);
  CHECK_THROWS_AS(panels.put(0, map(rows).leftCols(3)), Error);
  CHECK_THROWS_AS(panels.put_row(3, map(mean)), Error);
  CHECK_THROWS_AS(panels.centre(4, map(mean)), Error);
  CHECK_THROWS_AS(panels.centre(0, map(mean)), Error);
  CHECK_THROWS_WITH(panels.add_products(2, map(square)), ContainsSubstring("4 x 5"));
  CHECK_THROWS_AS(GramPanels<float>(0, 3), Error);
  CHECK_THROWS_AS(GramPanels<float>(4, 0), Error);
}
