// SPDX-License-Identifier: MIT
/// @file
/// Orthonormal rows: same span, same side, every shape, and evenly distributed when random.
#include <ampsft/linalg/orthonormalize.hpp>

#include <limits>
#include <utility>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("orthonormal rows span what was given, row by row", "", float, double) {
  const double tolerance = 20.0 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  for (const auto& [k, d] : {std::pair<Index, Index>{1, 1}, {1, 9}, {4, 9}, {9, 9}, {17, 64}}) {
    CAPTURE(k, d);
    const Matrix<TestType> given = normal_matrix<TestType>(k, d, 1);
    const Matrix<TestType> rows = orthonormal_rows(given);
    CHECK(orthonormality_error(rows) <= tolerance);
    // given = L rows with L lower triangular and a positive diagonal says span, order and side at once.
    const Eigen::MatrixXd wide = map(given).template cast<double>();
    const Eigen::MatrixXd factor = wide * map(rows).template cast<double>().transpose();
    CHECK((factor * map(rows).template cast<double>() - wide).cwiseAbs().maxCoeff() <= 10.0 * tolerance);
    CHECK(factor.diagonal().minCoeff() > 0.0);
    const double above = factor.template triangularView<Eigen::StrictlyUpper>().toDenseMatrix().cwiseAbs().maxCoeff();
    CHECK(above <= 10.0 * tolerance);
    CHECK(max_difference(orthonormal_rows(rows), rows) <= tolerance);
  }
}

TEST_CASE("dependent rows are completed") {
  Matrix<double> given = normal_matrix<double>(4, 6, 2);
  map(given).row(2) = map(given).row(0) + map(given).row(1);
  CHECK(orthonormality_error(orthonormal_rows(given)) <= 1e-14);
  CHECK(orthonormality_error(orthonormal_rows(make_matrix<double>(3, 5, 0.0))) <= 1e-14);
}

TEMPLATE_TEST_CASE("random orthonormal rows repeat with the seed and favour no direction", "", float, double) {
  Random a(5);
  Random b(5);
  const auto rows = random_orthonormal<TestType>(3, 7, a);
  CHECK(max_difference(rows, random_orthonormal<TestType>(3, 7, b)) == 0.0);
  CHECK(max_difference(rows, random_orthonormal<TestType>(3, 7, a)) > 0.1);

  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(2, 4);
  Eigen::MatrixXd square = Eigen::MatrixXd::Zero(2, 4);
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    const auto sample = random_orthonormal<TestType>(2, 4, a);
    const Eigen::MatrixXd wide = map(sample).template cast<double>();
    mean += wide / draws;
    square += wide.cwiseAbs2() / draws;
  }
  CHECK(mean.cwiseAbs().maxCoeff() <= 0.05);  // standard deviation 0.5 / sqrt(4000) = 0.008
  CHECK((square.array() - 0.25).abs().maxCoeff() <= 0.03);
}

TEST_CASE("impossible rows are refused") {
  Random random(1);
  CHECK_THROWS_WITH(orthonormal_rows(make_matrix<float>(3, 2, 1.0F)), ContainsSubstring("3 rows of width 2"));
  CHECK_THROWS_AS(orthonormal_rows(make_matrix<float>(1, 2, std::numeric_limits<float>::infinity())), Error);
  CHECK_THROWS_AS(random_orthonormal<float>(0, 2, random), Error);
  CHECK_THROWS_AS(random_orthonormal<float>(3, 2, random), Error);
}
