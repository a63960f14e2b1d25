// SPDX-License-Identifier: MIT
/// @file
/// From the weights of a model to its universal bases, one for each input width.
#pragma once

#include <ampsft/basis/basis_set.hpp>
#include <ampsft/basis/policy.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// The rows of all weights whose names match any pattern, stacked by width, narrowest first.
///
/// Weights may be dense, in bfloat16 or quantised: rows are read a few at a time, and no matrix is dequantized whole. A
/// matrix that two weights share is stacked twice, as the paper counts its tied embedding. The weights must outlive the
/// stacks, and must not be trained meanwhile. Throws `Error` if a pattern matches nothing, and for a weight that has
/// scores or factors: whether its rows are those of its base or of the sum is for the caller to say, by `detach` or
/// `merge`.
template <Scalar T>
[[nodiscard]] std::vector<RowStack<T>> stack_weights(const WeightList<T>& weights,
                                                     const std::vector<std::string>& patterns = {"*"});

/// A basis for every input width among the stacks. Throws as `UniversalBasis::fit` does.
template <Scalar T>
[[nodiscard]] BasisSet<T> fit_bases(const std::vector<RowStack<T>>& stacks, const SvdOptions& options = {});

/// A basis for every input width among the chosen weights. Throws as `stack_weights` and `UniversalBasis::fit` do.
template <Scalar T>
[[nodiscard]] BasisSet<T> fit_bases(const WeightList<T>& weights, const SvdOptions& options = {},
                                    const std::vector<std::string>& patterns = {"*"});

/// The same with bases from anywhere: random ones, stored ones, those of activations or gradients (basis/policy.hpp).
/// Throws as `stack_weights` and the policy do.
template <Scalar T, BasisPolicy<T> P>
[[nodiscard]] BasisSet<T> fit_bases(const WeightList<T>& weights, const P& policy,
                                    const std::vector<std::string>& patterns = {"*"}) {
  BasisSet<T> bases;
  for (const auto& stack : stack_weights(weights, patterns)) {
    bases.insert(policy.fit(stack));
  }
  return bases;
}

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/parameterization/detail/fit_bases_inl.hpp>
#endif
