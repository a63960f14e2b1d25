// SPDX-License-Identifier: MIT
/// @file
/// No algorithm leaves more energy than the optimum that Eckart and Young give, on random shapes and spectra.
#include <ampsft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// Rows with a random spectrum: steep, flat, in steps, of low rank; scaled by rows or columns; with a mean.
template <class T>
Matrix<T> random_rows(Index n, Index d, Random& random) {
  Matrix<double> rows = normal_matrix<double>(n, d, random());
  const Index kind = random.below(8);
  const auto columns = random_orthonormal<double>(d, d, random);
  Eigen::RowVectorXd sizes(d);
  for (Index j = 0; j < d; ++j) {
    const auto k = static_cast<double>(j);
    const double step = j < d / 2 ? 4.0 : 1.0;
    const double low = j < 3 ? 1.0 : 0.0;
    sizes(j) = kind == 0 ? 1.0 / (1.0 + k) : kind == 1 ? std::exp(-k) : kind == 2 ? step : kind == 3 ? low : 1.0;
  }
  map(rows) = (map(rows) * sizes.asDiagonal() * map(columns)).eval();
  for (Index i = 0; i < n && kind == 4; ++i) {
    map(rows).row(i) *= std::pow(10.0, static_cast<double>(random.below(7)));
  }
  if (kind == 5) {
    map(rows).col(random.below(d)).setConstant(7.0);
    map(rows).col(random.below(d)) *= 100.0;
  } else if (kind == 6) {
    flat(rows) += 100.0;
  } else if (kind == 7) {
    for (Index i = 1; i < n; i += 2) {
      map(rows).row(i) = map(rows).row(i - 1);
    }
  }
  return cast_to<T>(rows);
}

/// What is left of a tall matrix by Householder's reflections: its triangular factor, transposed.
Eigen::MatrixXd triangular_factor(Eigen::MatrixXd a) {
  const Index d = a.cols();
  const auto dot = [&](Index k, Index i, Index j) {  // of two columns, from row k on
    double sum = 0.0;
    for (Index row = k; row < a.rows(); ++row) {
      sum += a(row, i) * a(row, j);
    }
    return sum;
  };
  for (Index k = 0; k < d; ++k) {
    const double norm = std::sqrt(dot(k, k, k));
    const double diagonal = a(k, k) > 0.0 ? -norm : norm;
    a(k, k) -= diagonal;
    const double square = dot(k, k, k);
    for (Index j = k + 1; j < d && square > 0.0; ++j) {
      const double factor = 2.0 * dot(k, k, j) / square;
      for (Index row = k; row < a.rows(); ++row) {
        a(row, j) -= factor * a(row, k);
      }
    }
    a(k, k) = diagonal;
  }
  Eigen::MatrixXd factor(d, d);
  for (Index i = 0; i < d; ++i) {
    for (Index j = 0; j < d; ++j) {
      factor(j, i) = j >= i ? a(i, j) : 0.0;
    }
  }
  return factor;
}

/// Singular values, descending: columns are rotated against each other until all are orthogonal (Hestenes 1958), which
/// keeps the digits of small ones. In plain loops: Eigen's decomposition took a minute to compile.
Eigen::VectorXd singular_values(const Eigen::MatrixXd& matrix) {
  Eigen::MatrixXd a = triangular_factor(matrix.rows() < matrix.cols() ? Eigen::MatrixXd(matrix.transpose()) : matrix);
  const Index d = a.cols();
  const auto dot = [&](Index i, Index j) {
    double sum = 0.0;
    for (Index row = 0; row < d; ++row) {
      sum += a(row, i) * a(row, j);
    }
    return sum;
  };
  bool orthogonal = false;
  for (int sweep = 0; sweep < 60 && !orthogonal; ++sweep) {
    orthogonal = true;
    for (Index p = 0; p < d; ++p) {
      for (Index q = p + 1; q < d; ++q) {
        const double first = dot(p, p);
        const double second = dot(q, q);
        const double both = dot(p, q);
        if (std::abs(both) <= 1e-15 * std::sqrt(first) * std::sqrt(second)) {
          continue;
        }
        orthogonal = false;
        const double zeta = (second - first) / (2.0 * both);
        const double tangent = (zeta < 0.0 ? -1.0 : 1.0) / (std::abs(zeta) + std::sqrt(1.0 + zeta * zeta));
        const double cosine = 1.0 / std::sqrt(1.0 + tangent * tangent);
        for (Index row = 0; row < d; ++row) {
          const double left = a(row, p);
          const double right = a(row, q);
          a(row, p) = cosine * (left - tangent * right);
          a(row, q) = cosine * (right + tangent * left);
        }
      }
    }
  }
  Eigen::VectorXd values(d);
  for (Index i = 0; i < d; ++i) {
    values(i) = std::sqrt(dot(i, i));
  }
  std::sort(values.data(), values.data() + d, std::greater<>());
  return values;
}

/// Energy beyond `components` over the least there can be of that rank; 1 is best.
template <class T>
void check_optimal(const Matrix<T>& rows, const TruncatedSvd<T>& svd, bool centred) {
  Eigen::MatrixXd wide = map(rows).template cast<double>();
  if (centred) {
    wide.rowwise() -= Eigen::RowVectorXd(wide.colwise().mean());
  }
  const Index rank = ampsft::rows(svd.components);
  const Eigen::VectorXd sigma = singular_values(wide);
  const double least = sigma.size() > rank ? sigma.tail(sigma.size() - rank).squaredNorm() : 0.0;
  const Eigen::MatrixXd b = map(svd.components).template cast<double>();
  const double left = (wide - wide * b.transpose() * b).squaredNorm();
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  const double size = std::sqrt(svd.raw_energy);
  const double rounding = 32.0 * epsilon * size;  // of the mean, and of components stored as T
  const bool squares = svd.method == SvdMethod::gram || svd.method == SvdMethod::krylov;
  const double squared = squares ? 1e-14 * size * size : 0.0;  // a Gram matrix has no better zeros
  CHECK(left <= (1.0 + 1e-4) * least + rounding * rounding + squared);
  CHECK(orthonormality_error(svd.components) <= 5.0 * epsilon);
  CHECK(svd.centred_energy == Approx(wide.squaredNorm()).epsilon(1e-6).margin(1e-20));
  for (Index k = 0; k < rank && k < sigma.size(); ++k) {
    CAPTURE(k, svd.error, svd.passes);
    CHECK(std::abs(svd.singular_values(0, k) - sigma(k)) <= svd.error * std::max(sigma(k), sigma(0) / 1e3) + rounding);
  }
}

template <class T>
void check_method(SvdMethod method, int rounds) {
  Random random(static_cast<std::uint64_t>(method) + 5);
  for (int round = 0; round < rounds; ++round) {
    const Index n = 1 + random.below(60);
    const Index d = 1 + random.below(40);
    const Index rank = 1 + random.below(std::min<Index>(d, 9));
    const bool centred = random.below(3) > 0;
    CAPTURE(round, n, d, rank, centred, name(method));
    const Matrix<T> rows = random_rows<T>(n, d, random);
    const std::vector<RowBlock<T>> blocks{map(rows)};
    const auto svd =
        truncated_svd(std::span<const RowBlock<T>>(blocks), {.rank = rank, .centred = centred, .method = method});
    check_optimal(rows, svd, centred);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("all algorithms are optimal on small stacks of every kind", "", float, double) {
  for (const SvdMethod method :
       {SvdMethod::automatic, SvdMethod::gram, SvdMethod::krylov, SvdMethod::tsqr, SvdMethod::dense}) {
    check_method<TestType>(method, 500);  // 1000 with both types
  }
}

TEST_CASE("the Gram matrix summed in float is optimal on tall stacks of every kind") {
  Random random(3);
  for (int round = 0; round < 24; ++round) {
    const Index d = 16 + random.below(40);
    const Index rank = 1 + random.below(9);
    CAPTURE(round, d, rank);
    const Matrix<float> rows = random_rows<float>(4096 + random.below(3000), d, random);
    const std::vector<RowBlock<float>> blocks{map(rows)};
    const auto svd = truncated_svd(std::span<const RowBlock<float>>(blocks), {.rank = rank});
    check_optimal(rows, svd, true);
    CHECK(svd.risk.empty());
  }
}
