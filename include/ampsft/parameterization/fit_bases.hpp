// SPDX-License-Identifier: MIT
/// @file
/// From the weights of a model to its universal bases, one for each input width.
#pragma once

#include <ampsft/basis/policy.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// The rows of all dense weights whose names match any pattern, stacked by width, narrowest first.
///
/// A matrix that two weights share is stacked twice, as the paper counts its tied embedding. The stacks are views: the
/// weights must outlive them, and stay dense. Throws `Error` if a pattern matches nothing or a chosen weight is not
/// dense.
template <Scalar T>
[[nodiscard]] std::vector<RowStack<T>> stack_weights(const WeightList<T>& weights,
                                                     const std::vector<std::string>& patterns = {"*"}) {
  std::vector<RowBlock<T>> blocks;
  for (const auto* weight : match_weights(weights, patterns)) {
    const auto matrix = weight->dense();
    require(matrix != nullptr, weight->name(), " is parameterised as ", weight->kind(),
            "; a basis is fitted to dense weights");
    blocks.emplace_back(weight->name(), map(*matrix));
  }
  return stack_by_width(blocks);
}

/// A basis for every input width among the stacks. Throws as `UniversalBasis::fit` does.
template <Scalar T>
[[nodiscard]] BasisByWidth<T> fit_bases(const std::vector<RowStack<T>>& stacks, const SvdOptions& options = {}) {
  BasisByWidth<T> bases;
  for (auto& basis : UniversalBasis<T>::fit(stacks, options)) {
    const Index width = basis.width();
    bases.emplace(width, std::make_shared<const UniversalBasis<T>>(std::move(basis)));
  }
  return bases;
}

/// A basis for every input width among the chosen weights. Throws as `stack_weights` and `UniversalBasis::fit` do.
template <Scalar T>
[[nodiscard]] BasisByWidth<T> fit_bases(const WeightList<T>& weights, const SvdOptions& options = {},
                                        const std::vector<std::string>& patterns = {"*"}) {
  return fit_bases(stack_weights(weights, patterns), options);
}

/// The same with bases from anywhere: random ones, stored ones, those of activations or gradients (basis/policy.hpp).
/// Throws as `stack_weights` and the policy do.
template <Scalar T, BasisPolicy<T> P>
[[nodiscard]] BasisByWidth<T> fit_bases(const WeightList<T>& weights, const P& policy,
                                        const std::vector<std::string>& patterns = {"*"}) {
  BasisByWidth<T> bases;
  for (const auto& stack : stack_weights(weights, patterns)) {
    bases.emplace(stack.width(), std::make_shared<const UniversalBasis<T>>(policy.fit(stack)));
  }
  return bases;
}

AMPSFT_INSTANCE(std::vector<RowStack<float>> stack_weights(const WeightList<float>&, const std::vector<std::string>&));
AMPSFT_INSTANCE(std::vector<RowStack<double>> stack_weights(const WeightList<double>&,
                                                            const std::vector<std::string>&));
AMPSFT_INSTANCE(BasisByWidth<float> fit_bases(const std::vector<RowStack<float>>&, const SvdOptions&));
AMPSFT_INSTANCE(BasisByWidth<double> fit_bases(const std::vector<RowStack<double>>&, const SvdOptions&));
AMPSFT_INSTANCE(BasisByWidth<float> fit_bases(const WeightList<float>&, const SvdOptions&,
                                              const std::vector<std::string>&));
AMPSFT_INSTANCE(BasisByWidth<double> fit_bases(const WeightList<double>&, const SvdOptions&,
                                               const std::vector<std::string>&));

}  // namespace ampsft
