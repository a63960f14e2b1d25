// SPDX-License-Identifier: MIT
/// @file
/// Bodies of fit_bases.hpp.
#pragma once

#include <ampsft/basis/basis_set.hpp>
#include <ampsft/basis/policy.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
std::vector<RowStack<T>> stack_weights(const WeightList<T>& weights, const std::vector<std::string>& patterns) {
  std::vector<RowBlock<T>> blocks;
  for (const auto* weight : match_weights(weights, patterns)) {
    require(!weight->is_adapted(), weight->name(), " is parameterised as ", weight->kind(),
            "; a basis is fitted to dense or frozen weights, so detach it first, or merge it");
    blocks.push_back(weight->base().rows_named(weight->name()));
  }
  return stack_by_width(blocks);
}

template <Scalar T>
BasisSet<T> fit_bases(const std::vector<RowStack<T>>& stacks, const SvdOptions& options) {
  BasisSet<T> bases;
  for (auto& basis : UniversalBasis<T>::fit(stacks, options)) {
    bases.insert(std::move(basis));
  }
  return bases;
}

template <Scalar T>
BasisSet<T> fit_bases(const WeightList<T>& weights, const SvdOptions& options,
                      const std::vector<std::string>& patterns) {
  return fit_bases(stack_weights(weights, patterns), options);
}

AMPSFT_INSTANCE(std::vector<RowStack<float>> stack_weights(const WeightList<float>&, const std::vector<std::string>&));
AMPSFT_INSTANCE(std::vector<RowStack<double>> stack_weights(const WeightList<double>&,
                                                            const std::vector<std::string>&));

AMPSFT_INSTANCE(BasisSet<float> fit_bases(const std::vector<RowStack<float>>&, const SvdOptions&));
AMPSFT_INSTANCE(BasisSet<double> fit_bases(const std::vector<RowStack<double>>&, const SvdOptions&));
AMPSFT_INSTANCE(BasisSet<float> fit_bases(const WeightList<float>&, const SvdOptions&,
                                          const std::vector<std::string>&));

AMPSFT_INSTANCE(BasisSet<double> fit_bases(const WeightList<double>&, const SvdOptions&,
                                           const std::vector<std::string>&));

}  // namespace ampsft
