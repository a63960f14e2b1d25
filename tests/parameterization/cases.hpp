// SPDX-License-Identifier: MIT
/// @file
/// One factory for each parameterisation, for the laws that all of them keep.
#pragma once

#include <ampsft/linalg/orthonormalize.hpp>
#include <ampsft/parameterization/dense.hpp>
#include <ampsft/parameterization/lora.hpp>
#include <ampsft/parameterization/score.hpp>

#include <memory>
#include <tuple>
#include <vector>

#include "autograd/testing.hpp"

namespace ampsft::test {

inline constexpr Index outputs = 6;
inline constexpr Index inputs = 5;
inline constexpr Index rank = 3;

template <Scalar T>
[[nodiscard]] std::shared_ptr<const Matrix<T>> source_weight(std::uint64_t seed = 1) {
  return std::make_shared<const Matrix<T>>(random_matrix<T>(outputs, inputs, seed));
}

/// Three orthonormal directions and a mean that is not zero.
template <Scalar T>
[[nodiscard]] std::shared_ptr<const UniversalBasis<T>> some_basis() {
  Random random(5);
  return std::make_shared<const UniversalBasis<T>>(
      UniversalBasis<T>::from_components(random_orthonormal<T>(rank, inputs, random), random_matrix<T>(1, inputs, 6)));
}

template <Scalar T>
struct DenseCase {
  using P = DenseParameterization<T>;
  static constexpr bool starts_at_source = true;
  static constexpr Index leaf_elements = outputs * inputs;
  static constexpr std::size_t buffers = 0;
  static P make(Route) { return {"w", *source_weight<T>()}; }
};

template <Scalar T, ScoreForm form>
struct ScoreCase {
  using P = ScoreParameterization<T>;
  static constexpr bool starts_at_source = form == ScoreForm::exact_start;
  static constexpr Index leaf_elements = outputs * rank;
  static constexpr std::size_t buffers = 2;
  static P make(Route route) { return {"w", source_weight<T>(), some_basis<T>(), form, route}; }
};

template <Scalar T>
struct LoraCase {
  using P = LoraParameterization<T>;
  static constexpr bool starts_at_source = true;
  static constexpr Index leaf_elements = rank * (outputs + inputs);
  static constexpr std::size_t buffers = 1;
  static P make(Route route) {
    return {"w", source_weight<T>(), {.rank = rank, .alpha = 6.0, .seed = 4, .route = route}};
  }
};

using AllCases = std::tuple<DenseCase<float>, DenseCase<double>, ScoreCase<float, ScoreForm::truncated>,
                            ScoreCase<double, ScoreForm::truncated>, ScoreCase<float, ScoreForm::exact_start>,
                            ScoreCase<double, ScoreForm::exact_start>, LoraCase<float>, LoraCase<double>>;

using DoubleCases = std::tuple<DenseCase<double>, ScoreCase<double, ScoreForm::truncated>,
                               ScoreCase<double, ScoreForm::exact_start>, LoraCase<double>>;

/// The case's parameterisation with its leaves moved away from where they start (many start at zero).
template <class Case>
[[nodiscard]] typename Case::P make_moved(Route route) {
  auto p = Case::make(route);
  std::uint64_t seed = 50;
  for (auto* leaf : p.leaves()) {
    using T = typename Case::P::scalar;
    const Matrix<T> step = random_matrix<T>(rows(leaf->value), cols(leaf->value), ++seed);
    map(leaf->value) += T(0.5) * map(step);
  }
  return p;
}

inline constexpr Route routes[] = {Route::factored, Route::materialized};

}  // namespace ampsft::test
