// SPDX-License-Identifier: MIT
/// @file
/// Leading eigenpairs: residuals, orthogonality and all values, also of clusters, zeros and matrices that fall apart.
#include <ampsft/core/compat/eigen_solvers.hpp>
#include <ampsft/linalg/detail/symmetric_eigen.hpp>
#include <ampsft/linalg/orthonormalize.hpp>

#include <cmath>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

void check_pairs(const Eigen::MatrixXd& matrix, Index count) {
  const auto pairs = detail::leading_eigenpairs(matrix, count);
  const double size = std::max(matrix.norm(), 1e-300);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  CHECK((pairs.values - solver.eigenvalues().reverse()).cwiseAbs().maxCoeff() <= 1e-13 * size);
  for (Index k = 1; k < pairs.values.size(); ++k) {
    CHECK(pairs.values(k) <= pairs.values(k - 1));
  }
  REQUIRE(pairs.vectors.cols() == count);
  const Eigen::MatrixXd residual = matrix * pairs.vectors - pairs.vectors * pairs.values.head(count).asDiagonal();
  CHECK(residual.cwiseAbs().maxCoeff() <= 1e-13 * size);
  const Eigen::MatrixXd inner = pairs.vectors.transpose() * pairs.vectors;
  CHECK((inner - Eigen::MatrixXd::Identity(count, count)).cwiseAbs().maxCoeff() <= 1e-12);
}

Eigen::MatrixXd with_values(const Eigen::VectorXd& values, std::uint64_t seed) {
  Random random(seed);
  const auto q = random_orthonormal<double>(values.size(), values.size(), random);
  const Eigen::MatrixXd matrix = map(q).transpose() * values.asDiagonal() * map(q);
  return (matrix + matrix.transpose()) / 2.0;
}

}  // namespace

TEST_CASE("eigenpairs of every kind of spectrum") {
  for (const Index n : {1, 2, 9, 24, 67, 130}) {
    const auto at = [&](auto&& value) {
      Eigen::VectorXd values(n);
      for (Index k = 0; k < n; ++k) {
        values(k) = value(static_cast<double>(k));
      }
      return values;
    };
    for (const Index count : {Index{1}, std::max<Index>(1, n / 5), std::max<Index>(1, n / 2), n}) {
      CAPTURE(n, count);
      check_pairs(with_values(at([](double k) { return 1.0 / (1.0 + k); }), 1), count);
      check_pairs(with_values(at([](double k) { return std::pow(10.0, -k); }), 2), count);
      check_pairs(with_values(at([](double k) { return k < 7 ? 3.0 : 1.0; }), 3), count);
      check_pairs(with_values(at([](double k) { return 1.0 + 1e-9 * k; }), 4), count);
      check_pairs(with_values(at([](double k) { return k < 3 ? 5e200 : 0.0; }), 5), count);
      check_pairs(Eigen::MatrixXd::Identity(n, n) * 1e-200, count);
      check_pairs(Eigen::MatrixXd(at([](double k) { return std::fmod(k, 3.0); }).asDiagonal()), count);
      check_pairs(Eigen::MatrixXd::Zero(n, n), count);
      check_pairs(Eigen::MatrixXd::Ones(n, n), count);
    }
  }
}

TEST_CASE("a Wilkinson matrix, whose eigenvalues come in pairs that agree to the last digit") {
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(41, 41);
  for (Index i = 0; i < 41; ++i) {
    matrix(i, i) = std::abs(static_cast<double>(i) - 20.0);
    if (i > 0) {
      matrix(i, i - 1) = matrix(i - 1, i) = 1.0;
    }
  }
  check_pairs(matrix, 20);
}
