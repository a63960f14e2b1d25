// SPDX-License-Identifier: MIT
/// @file
/// All eigenvalues but only the leading eigenvectors of a symmetric matrix.
#pragma once

#include <ampsft/core/compat/eigen_solvers.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/detail/lazily.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Descending eigenvalues, all `d`; eigenvectors of the first `K` by column.
struct Eigenpairs {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};

/// `T - shift I` of a symmetric tridiagonal `T`, factored by elimination with row exchanges.
template <std::same_as<double> Real = double>
class ShiftedTridiagonal {
 public:
  ShiftedTridiagonal(const VectorOf<Real>& diagonal, const VectorOf<Real>& below, double shift)
      : pivot_(diagonal.array() - shift), above_(below), below_(below) {
    const Index n = pivot_.size();
    second_ = Eigen::VectorXd::Zero(n);
    swapped_.assign(static_cast<std::size_t>(n), false);
    constexpr double tiny = std::numeric_limits<double>::epsilon();  // of a matrix of norm 1
    for (Index i = 0; i + 1 < n; ++i) {
      if (std::abs(pivot_(i)) < std::abs(below_(i))) {
        swapped_[static_cast<std::size_t>(i)] = true;
        std::swap(pivot_(i), below_(i));  // below_(i) is now the former pivot
        const double next = above_(i);
        above_(i) = pivot_(i + 1);
        pivot_(i + 1) = next;
        if (i + 2 < n) {
          second_(i) = above_(i + 1);
          above_(i + 1) = 0.0;
        }
      }
      if (std::abs(pivot_(i)) < tiny * tiny) {
        pivot_(i) = tiny;
      }
      const double factor = below_(i) / pivot_(i);
      below_(i) = factor;
      pivot_(i + 1) -= factor * above_(i);
      if (i + 2 < n) {
        above_(i + 1) -= factor * second_(i);
      }
    }
    if (std::abs(pivot_(n - 1)) < tiny * tiny) {
      pivot_(n - 1) = tiny;
    }
  }

  /// Replaces the right-hand side by the solution.
  void solve(VectorOf<Real>& x) const {
    const Index n = pivot_.size();
    for (Index i = 0; i + 1 < n; ++i) {
      if (swapped_[static_cast<std::size_t>(i)]) {
        std::swap(x(i), x(i + 1));
      }
      x(i + 1) -= below_(i) * x(i);
    }
    for (Index i = n; i-- > 0;) {
      const double first = i + 1 < n ? above_(i) * x(i + 1) : 0.0;
      const double second = i + 2 < n ? second_(i) * x(i + 2) : 0.0;
      x(i) = (x(i) - first - second) / pivot_(i);
    }
  }

 private:
  VectorOf<Real> pivot_;
  VectorOf<Real> above_;
  VectorOf<Real> second_;
  VectorOf<Real> below_;  // multipliers, after the elimination
  std::vector<bool> swapped_;
};

/// Eigenvectors of a tridiagonal matrix of norm about 1 by inverse iteration, each made orthogonal to those of values
/// near its own (as LAPACK's stein); false if one does not converge. Their values become Rayleigh quotients: those of
/// the QL algorithm are off by some hundred roundings.
template <std::same_as<double> Real = double>
bool tridiagonal_vectors(const VectorOf<Real>& diagonal, const VectorOf<Real>& below, VectorOf<Real>& values,
                         MatrixOf<Real>& vectors) {
  const Index n = diagonal.size();
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  constexpr double near = 1e-3;
  const double good = 4.0 * epsilon * std::sqrt(static_cast<double>(n));
  Random random(72);
  double shift = std::numeric_limits<double>::infinity();
  for (Index k = 0; k < vectors.cols(); ++k) {
    shift = std::min(values(k), shift - 4.0 * epsilon);  // equal shifts would give equal vectors
    const ShiftedTridiagonal<Real> shifted(diagonal, below, shift);
    Index group = k;
    while (group > 0 && values(group - 1) - values(k) < near) {
      --group;
    }
    Eigen::VectorXd x(n);
    for (double& element : x) {
      element = random.uniform() - 0.5;
    }
    const auto orthogonalise = [&] {
      for (int twice = 0; twice < 2 && group < k; ++twice) {
        const auto former = vectors.middleCols(group, k - group);
        const Eigen::VectorXd along = former.transpose() * x;
        x.noalias() -= former * along;
      }
      x.normalize();
    };
    bool converged = false;
    for (int step = 0; step < 8 && !converged; ++step) {
      orthogonalise();
      shifted.solve(x);
      orthogonalise();
      if (!x.allFinite()) {
        return false;
      }
      Eigen::VectorXd residual = (diagonal.array() - shift) * x.array();
      residual.head(n - 1) += below.cwiseProduct(x.tail(n - 1));
      residual.tail(n - 1) += below.cwiseProduct(x.head(n - 1));
      const double beside = x.dot(residual);
      residual -= beside * x;
      converged = step > 0 && residual.norm() <= good;
      values(k) = shift + beside;
    }
    if (!converged) {
      return false;
    }
    vectors.col(k) = x;
  }
  return true;
}

/// The leading eigenpairs and all other eigenvalues of a symmetric matrix, of which the lower triangle counts;
/// `choose(values)` says how many, at least `least`, when all values are known.
///
/// Householder tridiagonalisation, values alone by the implicit QL algorithm, inverse iteration for the vectors:
/// `4/3 d^3 + O(d^2)` operations beside `9 d^3` for all vectors, which is the way back if an iteration fails and the
/// way for more than half of them.
template <class Choose>
Eigenpairs leading_eigenpairs(Eigen::MatrixXd matrix, Index least, Choose&& choose) {
  const Index n = matrix.rows();
  const double norm = matrix.diagonal().cwiseAbs().maxCoeff();
  if (!(norm > 0.0)) {
    Eigen::VectorXd values = Eigen::VectorXd::Zero(n);
    const Index count = choose(values);
    return {std::move(values), Eigen::MatrixXd::Identity(n, count)};
  }
  matrix /= norm;
  Index count = 0;
  if (n > 8 && 2 * least <= n) {
    const Eigen::Tridiagonalization<Eigen::MatrixXd> tridiagonal(matrix);
    const Eigen::VectorXd diagonal = tridiagonal.diagonal();
    const Eigen::VectorXd below = tridiagonal.subDiagonal();
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
    solver.computeFromTridiagonal(diagonal, below, Eigen::EigenvaluesOnly);
    if (solver.info() == Eigen::Success) {
      Eigen::VectorXd values = solver.eigenvalues().reverse();
      count = choose(Eigen::VectorXd(values * norm));
      Eigen::MatrixXd vectors(n, 2 * count <= n ? count : 0);
      // Their norm is at most n, as the matrix' largest element is 1.
      const double size = std::max(values.cwiseAbs().maxCoeff(), std::numeric_limits<double>::min());
      values /= size;
      if (vectors.cols() > 0 && tridiagonal_vectors(diagonal / size, below / size, values, vectors)) {
        for (Index k = 1; k < n; ++k) {
          values(k) = std::min(values(k), values(k - 1));  // equal ones may have changed places by a rounding
        }
        vectors = (tridiagonal.matrixQ() * vectors).eval();
        return {values * size * norm, std::move(vectors)};
      }
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  require(solver.info() == Eigen::Success, "the symmetric eigensolver did not converge at width ", n);
  Eigen::VectorXd values = solver.eigenvalues().reverse() * norm;
  count = count > 0 ? count : choose(values);
  return {std::move(values), solver.eigenvectors().rowwise().reverse().leftCols(count)};
}

/// The `count` leading eigenpairs and all other eigenvalues.
template <std::same_as<double> Real = double>
Eigenpairs leading_eigenpairs(MatrixOf<Real> matrix, Index count) {
  return leading_eigenpairs(std::move(matrix), count, [count](const Eigen::VectorXd&) { return count; });
}

}  // namespace ampsft::detail
