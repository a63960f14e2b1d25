// SPDX-License-Identifier: MIT
/// @file
/// What tells one base model from another: a hash of its weight matrices.
#pragma once

#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/basis/source.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace ampsft {

namespace detail {

/// The hash of the values as `T`, as `score_matrix` makes it, whatever form they lie in.
template <Scalar T>
[[nodiscard]] std::uint64_t hash_values(const RowBlock<T>& values);

}  // namespace detail

/// A hash (16 hexadecimal digits) of the names, shapes and values of all weights without their scores or factors.
///
/// The values are those in `T`, so a model in float and the same in double differ. Cost: one reading of the weights;
/// memory: some 2 MiB a thread. Throws as `base_of`.
template <Scalar T>
[[nodiscard]] std::string base_hash(const WeightList<T>& weights);

namespace detail {

/// Throws unless the weights are those of an adapter's base.
template <Scalar T>
void require_same_base(const std::string& base, const WeightList<T>& weights) {
  const std::string actual = base_hash(weights);
  require(base == actual, "the adapter belongs to a base whose weights have the hash ", base,
          ", but this model's have ", actual, "; load it onto the model that it was trained on");
}

}  // namespace detail

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/base_hash_inl.hpp>
#endif
