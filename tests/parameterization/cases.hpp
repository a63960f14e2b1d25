// SPDX-License-Identifier: MIT
/// @file
/// One factory for each parameterisation, for the laws that all of them keep, and the matrices that they stand on.
#pragma once

#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/autograd/quantized_weight.hpp>
#include <ampsft/linalg/orthonormalize.hpp>
#include <ampsft/parameterization/dense.hpp>
#include <ampsft/parameterization/frozen.hpp>
#include <ampsft/parameterization/lora.hpp>
#include <ampsft/parameterization/score.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
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

/// Random numbers in a stored format.
template <Scalar T>
[[nodiscard]] std::shared_ptr<const FrozenWeight<T>> stored_weight(BlockFormat format, Index rows, Index cols,
                                                                   std::uint64_t seed = 1) {
  const Matrix<float> values = random_matrix<float>(rows, cols, seed);
  const auto bytes = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(rows) * row_bytes(format, cols));
  quantize(format, std::span<const float>(values.data(), values.size()), std::span<std::byte>(*bytes));
  return std::make_shared<const QuantizedWeight<T>>("w", format, *bytes, rows, cols, bytes);
}

/// A matrix that a weight stands on.
template <Scalar T>
struct Source {
  std::string form;
  FrozenBase<T> base;  // `outputs` rows
};

/// One in every form: as `T`, in bfloat16, in a file's bfloat16, in quantised blocks, whose rows are 32 numbers.
template <Scalar T>
[[nodiscard]] std::vector<Source<T>> sources() {
  std::vector<Source<T>> all{{"matrix", source_weight<T>()},
                             {"stored bf16", stored_weight<T>(BlockFormat::bf16, outputs, inputs)},
                             {"quantised", stored_weight<T>(BlockFormat::q8_0, outputs, 32)}};
  if constexpr (std::same_as<T, float>) {
    all.push_back({"bf16", std::shared_ptr<const FrozenWeight<T>>(
                               std::make_shared<const Bf16Weight<T>>(random_matrix<T>(outputs, inputs, 1)))});
  }
  return all;
}

/// Three orthonormal directions and a mean that is not zero.
template <Scalar T>
[[nodiscard]] std::shared_ptr<const UniversalBasis<T>> some_basis(Index width = inputs) {
  Random random(5);
  return std::make_shared<const UniversalBasis<T>>(
      UniversalBasis<T>::from_components(random_orthonormal<T>(rank, width, random), random_matrix<T>(1, width, 6)));
}

// Each case says what its parameterisation is: `make(base, route)` where it starts, `make_moved` somewhere else, and
// how many numbers are trained of a weight of `d` columns.

/// Moves the leaves away from where they start (many start at zero).
template <class P>
[[nodiscard]] P with_moved_leaves(P p) {
  using T = typename P::scalar;
  std::uint64_t seed = 50;
  for (auto* leaf : p.leaves()) {
    const Matrix<T> step = random_matrix<T>(rows(leaf->value), cols(leaf->value), ++seed);
    map(leaf->value) += T(0.5) * map(step);
  }
  return p;
}

template <Scalar T>
struct DenseCase {
  using P = DenseParameterization<T>;
  static constexpr bool starts_at_source = true;
  static constexpr bool is_adapted = false;
  static constexpr std::size_t buffers = 0;
  static Index leaf_elements(Index d) { return outputs * d; }
  static P make(const FrozenBase<T>& base, Route = Route::factored) { return {"w", base.dequantized()}; }
  static P make_moved(const FrozenBase<T>& base, Route) { return with_moved_leaves(make(base)); }
};

template <Scalar T>
struct FrozenCase {
  using P = FrozenParameterization<T>;
  static constexpr bool starts_at_source = true;
  static constexpr bool is_adapted = false;
  static constexpr std::size_t buffers = 1;
  static Index leaf_elements(Index) { return 0; }
  static P make(const FrozenBase<T>& base, Route = Route::factored) { return {"w", base}; }
  static P make_moved(const FrozenBase<T>& base, Route route) { return make(base, route); }
};

template <Scalar T, ScoreForm form>
struct ScoreCase {
  using P = ScoreParameterization<T>;
  static constexpr bool starts_at_source = form == ScoreForm::exact_start;
  static constexpr bool is_adapted = true;
  static constexpr std::size_t buffers = 2;
  static Index leaf_elements(Index) { return outputs * rank; }
  static P make(const FrozenBase<T>& base, Route route = Route::factored) {
    return {"w", base, some_basis<T>(base.cols()), form, route};
  }
  static P make_moved(const FrozenBase<T>& base, Route route) { return with_moved_leaves(make(base, route)); }
};

template <Scalar T>
struct LoraCase {
  using P = LoraParameterization<T>;
  static constexpr bool starts_at_source = true;
  static constexpr bool is_adapted = true;
  static constexpr std::size_t buffers = 1;
  static Index leaf_elements(Index d) { return rank * (outputs + d); }
  static P make(const FrozenBase<T>& base, Route route = Route::factored) {
    return {"w", base, LoraOptions{.rank = rank, .alpha = 6.0, .seed = 4, .route = route}};
  }
  static P make_moved(const FrozenBase<T>& base, Route route) { return with_moved_leaves(make(base, route)); }
};

/// The variants of a store, of which all sequences use one.
template <Scalar T>
struct VariantCase {
  using P = VariantParameterization<T>;
  static constexpr bool starts_at_source = true;
  static constexpr bool is_adapted = true;
  static constexpr std::size_t buffers = 1;
  static Index leaf_elements(Index) { return 0; }
  static P make(const FrozenBase<T>& base, Route = Route::factored) { return with(base, nullptr); }
  static P make_moved(const FrozenBase<T>& base, Route) {
    return with(base, std::make_shared<const Variant<T>>(Variant<T>{random_matrix<T>(1, 2 + outputs * rank, 51)}));
  }

 private:
  static P with(const FrozenBase<T>& base, std::shared_ptr<const Variant<T>> variant) {
    auto selection = std::make_shared<VariantSelection<T>>();
    selection->use(std::move(variant));
    return {"w", base, VariantSlot<T>{{"w"}, outputs, 2, some_basis<T>(base.cols())}, std::move(selection)};
  }
};

template <Scalar T>
using CasesOf = std::tuple<DenseCase<T>, FrozenCase<T>, ScoreCase<T, ScoreForm::truncated>,
                           ScoreCase<T, ScoreForm::exact_start>, LoraCase<T>, VariantCase<T>>;

using DoubleCases = CasesOf<double>;
using AllCases = decltype(std::tuple_cat(CasesOf<float>{}, CasesOf<double>{}));

inline constexpr Route routes[] = {Route::factored, Route::materialized};

/// Calls `law(base, route)` for every form of base and each route.
template <class Case, class Law>
void for_each_base(Law&& law) {
  for (const auto& [form, base] : sources<typename Case::P::scalar>()) {
    for (const Route route : routes) {
      INFO("on a base that is a " << form << ", route " << (route == Route::factored ? "factored" : "materialized"));
      law(base, route);
    }
  }
}

}  // namespace ampsft::test
