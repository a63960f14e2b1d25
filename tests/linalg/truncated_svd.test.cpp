// SPDX-License-Identifier: MIT
/// @file
/// Truncated SVD: known spectra, agreement of the two routes, degenerate stacks, the sign rule.
#include <ampsft/linalg/dense_svd.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
TruncatedSvd<T> gram_svd(const Matrix<T>& matrix, Index rank, bool centred = true) {
  GramAccumulator<T> gram(cols(matrix));
  gram.add(map(matrix));
  return truncated_svd(gram, rank, centred);
}

/// `max |a / b - 1|` over the first `count` values.
double relative_error(const Matrix<double>& values, const std::vector<double>& expected) {
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(values(0, i) / expected[i] - 1.0));
  }
  return worst;
}

template <class T>
double aligned_difference(const Matrix<T>& components, const Matrix<double>& expected) {
  double worst = 0.0;
  for (Index k = 0; k < rows(components); ++k) {
    const Eigen::RowVectorXd a = map(components).row(k).template cast<double>();
    const Eigen::RowVectorXd b = map(expected).row(k);
    worst = std::max(worst, std::min((a - b).cwiseAbs().maxCoeff(), (a + b).cwiseAbs().maxCoeff()));
  }
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("a known spectrum is found down to a thousandth, whatever the mean", "", float, double) {
  const std::vector<double> values{1000.0, 400.0, 90.0, 20.0, 1.0};
  // Rounding the input to float moves singular values by about 1e-8 of the largest element's size.
  const bool single = std::is_same_v<TestType, float>;
  const auto known = known_matrix(900, 12, values, 8);
  const auto svd = gram_svd(cast_to<TestType>(known.matrix), 5);
  CHECK(relative_error(svd.singular_values, values) <= (single ? 1e-5 : 1e-10));
  CHECK(aligned_difference(svd.components, known.right) <= (single ? 1e-5 : 1e-9));
  CHECK(orthonormality_error(svd.components) <= (single ? 5e-7 : 1e-14));
  CHECK(svd.count == 900);
  CHECK(cols(svd.singular_values) == 12);
  CHECK(svd.raw_energy == Approx(1000.0 * 1000.0 + 400.0 * 400.0 + 8100.0 + 400.0 + 1.0).epsilon(1e-6));
}

TEMPLATE_TEST_CASE("a mean of 1e4 standard deviations is only a mean", "", float, double) {
  const auto known = known_matrix(4000, 6, {80.0, 40.0, 20.0}, 4);  // an element deviates by about one half
  Matrix<double> shifted = known.matrix;
  flat(shifted) += 5000.0;
  // Input rounded to float at 5000 has an error of 1.4e-4 an element, 0.02 in a singular value of 80.
  const bool single = std::is_same_v<TestType, float>;
  const auto svd = gram_svd(cast_to<TestType>(shifted), 3);
  CHECK(relative_error(svd.singular_values, {80.0, 40.0, 20.0}) <= (single ? 1e-4 : 1e-9));
  CHECK(subspace_distance(svd.components, known.right) <= (single ? 2e-3 : 1e-9));
  CHECK(map(svd.mean).minCoeff() == Approx(5000.0).epsilon(1e-6));
  const auto uncentred = gram_svd(cast_to<TestType>(shifted), 1, false);
  CHECK(rows(uncentred.mean) == 0);
  CHECK(map(uncentred.components).minCoeff() == Approx(1.0 / std::sqrt(6.0)).epsilon(1e-5));
}

TEMPLATE_TEST_CASE("the Gram route equals the dense route", "", float, double) {
  const double tolerance = std::is_same_v<TestType, float> ? 1e-6 : 1e-11;
  for (const auto& [n, d] : {std::pair<Index, Index>{1, 3}, {4, 9}, {9, 9}, {10, 9}, {700, 5}, {50, 1}}) {
    for (const bool centred : {true, false}) {
      CAPTURE(n, d, centred);
      const Matrix<TestType> matrix = normal_matrix<TestType>(n, d, 21);
      const Index rank = std::min<Index>(n > 1 ? n - 1 : 1, std::min<Index>(d, 3));
      const auto fast = gram_svd(matrix, rank, centred);
      const auto dense = dense_svd<TestType>(map(matrix), rank, centred);
      CHECK(cols(dense.singular_values) == std::min(n, d));
      const Index shared = cols(dense.singular_values);
      CHECK((map(fast.singular_values).leftCols(shared) - map(dense.singular_values)).cwiseAbs().maxCoeff() <= 1e-6);
      if (n > 1 || !centred) {  // else everything is null space
        CHECK(max_difference(fast.components, dense.components) <= tolerance);
      }
      CHECK(orthonormality_error(dense.components) <= tolerance);
      CHECK(rows(fast.mean) == (centred ? 1 : 0));
    }
  }
}

TEMPLATE_TEST_CASE("degenerate stacks give orthonormal rows and zeros", "", float, double) {
  const double tolerance = std::is_same_v<TestType, float> ? 5e-7 : 1e-13;
  SECTION("rank deficient, full basis asked for") {
    const auto known = known_matrix(60, 8, {9.0, 4.0}, 2);
    const auto svd = gram_svd(cast_to<TestType>(known.matrix), 8);
    CHECK(orthonormality_error(svd.components) <= tolerance);
    CHECK(svd.singular_values(0, 2) <= 1e-5);
    CHECK(subspace_distance(make_matrix(map(svd.components).topRows(2)), known.right) <= 1e-6);
  }
  SECTION("fewer rows than columns") {
    const auto svd = gram_svd(normal_matrix<TestType>(3, 10, 2), 10);
    CHECK(orthonormality_error(svd.components) <= tolerance);
    CHECK(svd.singular_values(0, 1) > 0.1);
    CHECK(svd.singular_values(0, 2) <= 1e-6);  // three rows less their mean have rank two
  }
  SECTION("constant columns") {
    Matrix<TestType> matrix = normal_matrix<TestType>(100, 5, 2);
    map(matrix).col(1).setConstant(TestType{7});
    map(matrix).col(3).setZero();
    const auto svd = gram_svd(matrix, 3);
    CHECK(map(svd.components).col(1).cwiseAbs().maxCoeff() <= TestType(1e-12));
    CHECK(map(svd.components).col(3).cwiseAbs().maxCoeff() <= TestType(1e-12));
    CHECK(svd.singular_values(0, 3) <= 1e-6);
  }
  SECTION("equal rows and zeros") {
    const auto svd = gram_svd(make_matrix<TestType>(20, 4, TestType{3}), 2);
    CHECK(orthonormality_error(svd.components) <= tolerance);
    CHECK(svd.singular_values(0, 0) <= 1e-12);
    CHECK(gram_svd(make_matrix<TestType>(20, 4, TestType{0}), 4, false).singular_values(0, 0) == 0.0);
  }
  SECTION("repeated singular values: the space is determined, its axes are not") {
    const auto known = known_matrix(300, 9, {5.0, 5.0, 5.0, 1.0}, 6);
    const auto svd = gram_svd(cast_to<TestType>(known.matrix), 3);
    CHECK(subspace_distance(svd.components, make_matrix(map(known.right).topRows(3))) <= 1e-6);
  }
  SECTION("subnormal numbers") {
    const auto known = known_matrix(50, 4, {5.0, 2.0, 1.0}, 6);
    Matrix<TestType> matrix = cast_to<TestType>(known.matrix);
    flat(matrix) *= TestType(1e-38);
    CHECK(subspace_distance(gram_svd(matrix, 3).components, known.right) <= 1e-5);
  }
}

TEMPLATE_TEST_CASE("the largest element of each component is positive, the first of equal ones", "", float, double) {
  const Matrix<TestType> matrix = normal_matrix<TestType>(200, 7, 13);
  Matrix<TestType> mirrored = matrix;
  flat(mirrored) *= TestType{-1};
  const auto svd = gram_svd(matrix, 7);
  CHECK(max_difference(svd.components, gram_svd(mirrored, 7).components) <= 1e-5);
  for (Index k = 0; k < 7; ++k) {
    CHECK(map(svd.components).row(k).maxCoeff() == map(svd.components).row(k).cwiseAbs().maxCoeff());
  }
  // All energy along (1, -1, 0): equal magnitudes, so the first element decides.
  Matrix<TestType> two = make_matrix<TestType>(4, 3, TestType{0});
  for (Index i = 0; i < 4; ++i) {
    map(two)(i, 0) = static_cast<TestType>(2 - i);
    map(two)(i, 1) = static_cast<TestType>(i - 2);
  }
  const auto tied = gram_svd(two, 1, false);
  CHECK(tied.components(0, 0) == Approx(std::sqrt(0.5)).epsilon(1e-6));
  CHECK(tied.components(0, 1) == Approx(-std::sqrt(0.5)).epsilon(1e-6));
}

TEST_CASE("an accumulator says when squares have vanished, and only then") {
  Matrix<double> rows = normal_matrix<double>(300, 6, 4);
  map(rows).bottomRows(150) = -map(rows).topRows(150);  // the mean shows nothing
  for (const double size : {1.0, 1e-100, 1e-140}) {
    Matrix<double> small = rows;
    flat(small) *= size;
    CHECK(gram_svd(small, 3).risk.empty());
  }
  for (const double size : {1e-158, 1e-170, 1e-300}) {
    CAPTURE(size);
    Matrix<double> lost = rows;
    flat(lost) *= size;
    CHECK_THAT(gram_svd(lost, 3).risk, ContainsSubstring("singular value 1 of 3 may be off"));
    CHECK_FALSE(gram_svd(make_matrix(map(lost).topRows(20)), 3).risk.empty());  // few rows take another way
  }
  CHECK(gram_svd(make_matrix<double>(300, 6, 0.0), 3).risk.empty());
  CHECK(gram_svd(make_matrix<double>(300, 6, 7.0), 3).risk.empty());
}

TEST_CASE("the rank may be chosen when all values are known") {
  for (const Index width : {6, 40}) {
    GramAccumulator<double> gram(width);
    const auto matrix = normal_matrix<double>(300, width, 4);
    gram.add(map(matrix));
    for (const Index rank : {Index{1}, Index{3}, width}) {
      std::vector<double> seen;
      const auto choose = [&](std::span<const double> squares) {
        seen.assign(squares.begin(), squares.end());
        return rank;
      };
      const auto chosen = truncated_svd(gram, {.rank = 2}, choose);
      const auto fixed = truncated_svd(gram, rank);
      REQUIRE(rows(chosen.components) == rank);
      CHECK(max_difference(chosen.components, fixed.components) <= 1e-12);
      CHECK(max_difference(chosen.singular_values, fixed.singular_values) <= 1e-12);
      REQUIRE(static_cast<Index>(seen.size()) == width);
      CHECK(seen.back() == Approx(std::pow(chosen.singular_values(0, width - 1), 2)));
      CHECK(chosen.errors.size() == static_cast<std::size_t>(rank));
      CHECK(chosen.error == *std::max_element(chosen.errors.begin(), chosen.errors.end()));
    }
    CHECK_THROWS_AS(truncated_svd(gram, {}, [&](std::span<const double>) { return width + 1; }), Error);
  }
  GramAccumulator<float> zeros(4);
  const auto nothing = make_matrix<float>(3, 4, 0.0F);
  zeros.add(map(nothing));
  CHECK(rows(truncated_svd(zeros, SvdOptions{}, [](std::span<const double>) { return 2; }).components) == 2);
}

TEST_CASE("impossible decompositions are refused") {
  const Matrix<float> matrix = normal_matrix<float>(5, 3, 1);
  CHECK_THROWS_WITH(gram_svd(matrix, 0), ContainsSubstring("1 to the row width 3"));
  CHECK_THROWS_AS(gram_svd(matrix, 4), Error);
  CHECK_THROWS_AS(dense_svd<float>(map(matrix), 4), Error);
  CHECK_THROWS_AS(truncated_svd(GramAccumulator<float>(3), 1), Error);
  Matrix<float> broken = matrix;
  broken(2, 1) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(gram_svd(broken, 1), ContainsSubstring("infinity"));
  CHECK_THROWS_AS(dense_svd<float>(map(broken), 1), Error);
}
