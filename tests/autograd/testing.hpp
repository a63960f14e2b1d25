// SPDX-License-Identifier: MIT
/// @file
/// Random inputs, scalars from matrices and comparisons, for the tests of everything differentiable.
#pragma once

#include <ampsft/autograd/gradient_check.hpp>
#include <ampsft/autograd/ops/weighted_sum.hpp>
#include <ampsft/core/random.hpp>

#include <algorithm>
#include <concepts>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

namespace ampsft::test {

/// Normal numbers; each shape and seed its own.
template <Scalar T>
[[nodiscard]] Matrix<T> random_matrix(Index rows, Index cols, std::uint64_t seed) {
  Random random(seed * 1000003U + static_cast<std::uint64_t>(rows * 1009 + cols));
  Matrix<T> matrix = make_matrix<T>(rows, cols);
  fill_normal(matrix, 1.0, random);
  return matrix;
}

template <Scalar T>
[[nodiscard]] Parameter<T> random_parameter(std::string name, Index rows, Index cols, std::uint64_t seed) {
  return {std::move(name), random_matrix<T>(rows, cols, seed)};
}

/// A scalar whose gradient differs in every element of `y`.
template <Scalar T>
[[nodiscard]] Variable<T> probe(Variable<T> y) {
  return weighted_sum(y, random_matrix<T>(y.rows(), y.cols(), 77));
}

/// Requires that the gradients of `loss(tape)` equal central differences.
template <class Loss>
void require_right_gradients(Loss&& loss, std::initializer_list<Parameter<double>*> parameters,
                             double tolerance = 1e-8) {
  const GradientCheck worst = check_gradients<double>(loss, std::span(parameters.begin(), parameters.size()));
  INFO("worst at element " << worst.element << " of " << worst.parameter);
  REQUIRE(worst.largest_error < tolerance);
}

/// Largest |a - b| / max(1, largest |b|); infinite if the shapes differ or anything is NaN.
template <class T>
[[nodiscard]] double difference(const Matrix<T>& a, const std::type_identity_t<Matrix<T>>& b) {
  if (rows(a) != rows(b) || cols(a) != cols(b) || !map(a).allFinite() || !map(b).allFinite()) {
    return std::numeric_limits<double>::infinity();
  }
  if (a.size() == 0) {
    return 0.0;
  }
  return static_cast<double>((flat(a) - flat(b)).abs().maxCoeff()) /
         std::max(1.0, static_cast<double>(flat(b).abs().maxCoeff()));
}

/// What rounding may add up to in sums of some hundred terms of order one.
template <Scalar T>
inline constexpr double rounding = std::same_as<T, float> ? 1e-5 : 1e-13;

}  // namespace ampsft::test
