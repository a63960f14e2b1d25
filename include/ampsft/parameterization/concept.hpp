// SPDX-License-Identifier: MIT
/// @file
/// What a layer asks of the matrix behind it, however that matrix is made.
#pragma once

#include <ampsft/autograd/product.hpp>
#include <ampsft/parameterization/frozen_base.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ampsft {

/// How a weight made of factors takes part in a computation. Both routes agree to rounding.
enum class Route {
  factored,      ///< never form the weight or its gradient (the default)
  materialized,  ///< form the weight, take its gradient, project it: the paper's way, and the oracle of the other
};

/// A weight matrix `W` of `rows() x cols()` (outputs x inputs) and the way it is parameterised.
///
/// - `products(x)`: the products whose sum is `x W'`, on the tape of `x` (`T x cols()`). What a layer, or a loss that
///   never forms all its logits, makes of them is its own affair.
/// - `gather(tape, row)`: the rows `W[row]`, the embedding lookup.
/// - `materialize()`: a copy of `W`.
/// - `is_adapted()`: whether `W` is another matrix with something added or put in its place (scores, factors).
/// - `base()`: that other matrix. Where nothing is added it is `W` itself, without a copy: frozen if there are no
///   leaves, else the value of the only leaf. Empty where adapting has dropped it.
/// - `leaves()`: what an optimiser may train, with stable names; addresses stay valid as long as the object.
/// - `buffers()`: what is frozen for good.
/// - `kind()`: a short name for reports. Nothing depends on it.
template <class P>
concept Parameterization = Scalar<typename P::scalar> &&
    requires(P& p, const P& constant, Variable<typename P::scalar> x, Tape<typename P::scalar>& tape,
             std::span<const std::int32_t> row) {
  { constant.rows() } -> std::same_as<Index>;
  { constant.cols() } -> std::same_as<Index>;
  { p.products(x) } -> std::same_as<ProductSum<typename P::scalar>>;
  { p.gather(tape, row) } -> std::same_as<Variable<typename P::scalar>>;
  { constant.materialize() } -> std::same_as<Matrix<typename P::scalar>>;
  { constant.is_adapted() } -> std::same_as<bool>;
  { constant.base() } -> std::convertible_to<FrozenBase<typename P::scalar>>;
  { p.leaves() } -> std::same_as<std::vector<Parameter<typename P::scalar>*>>;
  { constant.buffers() } -> std::same_as<std::vector<NamedBuffer<typename P::scalar>>>;
  { constant.kind() } -> std::convertible_to<std::string_view>;
};

}  // namespace ampsft
