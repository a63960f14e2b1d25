// SPDX-License-Identifier: MIT
/// @file
/// Sums of products of rows with themselves against a naive twin in double, over random shapes, places and levels.
#include <ampsft/simd/gram.hpp>

#include <limits>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
struct Case {
  EigenMatrix<T> centre;
  T scale;

  /// What the kernel multiplies, rounded as it rounds.
  [[nodiscard]] Eigen::MatrixXd centred(const ConstView<T>& rows) const {
    return ((rows.rowwise() - centre.row(0)) * scale).template cast<double>();
  }
};

/// Largest error of the lower triangle and the column sums, in roundings of what was added up.
template <class T>
double worst(const GramSums<T>& sums, const Eigen::MatrixXd& x) {
  const Eigen::MatrixXd expected = x.transpose() * x;
  const Eigen::VectorXd sizes = expected.diagonal().cwiseSqrt();
  const Eigen::RowVectorXd column_sums = x.colwise().sum();
  const Eigen::RowVectorXd column_sizes = x.cwiseAbs().colwise().sum();
  double error = 0.0;
  for (Index i = 0; i < x.cols(); ++i) {
    for (Index j = 0; j <= i; ++j) {
      error = std::max(error, std::abs(sums.lower()(i, j) - expected(i, j)) / std::max(sizes(i) * sizes(j), 1e-300));
    }
    error = std::max(error, std::abs(sums.column_sums()(i) - column_sums(i)) / std::max(column_sizes(i), 1e-300));
  }
  return error / static_cast<double>(std::numeric_limits<T>::epsilon());
}

}  // namespace

TEMPLATE_TEST_CASE("Gram sums equal their naive twin at any shape, place and level", "", float, double) {
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    const Index n = round % 40 == 0 ? 600 : random.below(70);
    const Index d = round % 40 == 1 ? 200 : 1 + random.below(110);
    Placed<TestType> rows(n, d, random);
    EigenMatrix<TestType> centre(1, d);
    for (TestType& element : centre.reshaped()) {
      element = static_cast<TestType>(random.uniform());
    }
    const Case<TestType> task{centre, static_cast<TestType>(std::ldexp(1.0, static_cast<int>(random.below(9)) - 4))};
    const Eigen::MatrixXd expected = task.centred(rows.view());
    for (const simd::Level level : simd::levels()) {
      CAPTURE(n, d, simd::name(level));
      const UseLevel use(level);
      GramSums<TestType> sums(task.centre, task.scale);
      sums.add(rows.view());
      CHECK(sums.count() == n);
      CHECK(worst(sums, expected) <= 40.0);  // of at most 256 sums in T
      if (n > 2) {
        GramSums<TestType> first(task.centre, task.scale);
        GramSums<TestType> second(task.centre, task.scale);
        first.add(rows.view().topRows(n / 3));
        second.add(rows.view().bottomRows(n - n / 3));
        first.merge(second);
        CHECK(first.count() == n);
        CHECK(worst(first, expected) <= 40.0);
      }
    }
  }
}

TEST_CASE("Gram sums of long columns in float stay near double's") {
  Random random(2);
  Placed<float> rows(60'000, 5, random);
  const Case<float> task{EigenMatrix<float>::Zero(1, 5), 1.0F};
  const Eigen::MatrixXd expected = task.centred(rows.view());
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    GramSums<float> sums(task.centre, task.scale);
    sums.add(rows.view());
    CHECK(worst(sums, expected) <= 2.0);  // a running sum in float would be off by hundreds
  }
}

TEST_CASE("Gram sums show what is not finite, wherever it stands") {
  Random random(3);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const Index d : {1, 15, 16, 17, 48, 50}) {
      for (const simd::Level level : simd::levels()) {
        const UseLevel use(level);
        Placed<float> rows(19, d, random);
        rows.put(random.below(19), random.below(d), bad);
        GramSums<float> sums(EigenMatrix<float>::Zero(1, d), 1.0F);
        sums.add(rows.view());
        CHECK_FALSE(std::isfinite(sums.trace()));
      }
    }
  }
}

TEST_CASE("Gram sums refuse what does not fit") {
  GramSums<float> sums(EigenMatrix<float>::Zero(1, 4), 1.0F);
  CHECK_THROWS_WITH(sums.add(EigenMatrix<float>::Zero(3, 5)), ContainsSubstring("5") && ContainsSubstring("4"));
  CHECK_THROWS_AS(sums.merge(GramSums<float>(EigenMatrix<float>::Zero(1, 4), 2.0F)), Error);
  CHECK_THROWS_AS(sums.merge(GramSums<float>(EigenMatrix<float>::Ones(1, 4), 1.0F)), Error);
  CHECK_THROWS_AS(GramSums<float>(EigenMatrix<float>::Zero(2, 4), 1.0F), Error);
  CHECK_THROWS_AS(GramSums<float>(EigenMatrix<float>::Zero(1, 0), 1.0F), Error);
}
