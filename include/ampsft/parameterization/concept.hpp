// SPDX-License-Identifier: MIT
/// @file
/// What a layer asks of the matrix behind it, however that matrix is made.
#pragma once

#include <ampsft/autograd/product.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// How a weight made of factors takes part in a computation. Both routes agree to rounding.
enum class Route {
  factored,      ///< never form the weight or its gradient (the default)
  materialized,  ///< form the weight, take its gradient, project it: the paper's way, and the oracle of the other
};

/// A frozen matrix, possibly shared between weights, by its stable name.
template <Scalar T>
struct NamedBuffer {
  std::string name;
  const Matrix<T>* value;                  ///< or none, where it lies in another form:
  const FrozenWeight<T>* other = nullptr;  ///< that

  /// Bytes that it occupies.
  [[nodiscard]] Index bytes() const {
    return value != nullptr ? static_cast<Index>(value->size() * sizeof(T)) : other->bytes();
  }

  /// Tells one matrix from another.
  [[nodiscard]] const void* identity() const noexcept {
    return value != nullptr ? static_cast<const void*>(value) : static_cast<const void*>(other);
  }
};

/// A weight matrix `W` of `rows() x cols()` (outputs x inputs) and the way it is parameterised.
///
/// - `terms(x)`: the products whose sum is `x W'`, on the tape of `x` (`T x cols()`): what a layer, or a loss that
/// never
///   forms all its logits, makes of them is its own affair.
/// - `gather(tape, row)`: the rows `W[row]`, the embedding lookup.
/// - `materialize()`: `W` itself.
/// - `leaves()`: what an optimiser may train, with stable names; addresses stay valid as long as the object.
/// - `buffers()`: what is frozen for good.
/// - `kind()`: a short name for reports.
template <class P>
concept Parameterization = Scalar<typename P::scalar> &&
    requires(P& p, const P& constant, Variable<typename P::scalar> x, Tape<typename P::scalar>& tape,
             std::span<const std::int32_t> row) {
  { constant.rows() } -> std::same_as<Index>;
  { constant.cols() } -> std::same_as<Index>;
  { p.products(x) } -> std::same_as<ProductSum<typename P::scalar>>;
  { p.gather(tape, row) } -> std::same_as<Variable<typename P::scalar>>;
  { constant.materialize() } -> std::same_as<Matrix<typename P::scalar>>;
  { p.leaves() } -> std::same_as<std::vector<Parameter<typename P::scalar>*>>;
  { constant.buffers() } -> std::same_as<std::vector<NamedBuffer<typename P::scalar>>>;
  { constant.kind() } -> std::convertible_to<std::string_view>;
};

}  // namespace ampsft
