// SPDX-License-Identifier: MIT
/// @file
/// Low-rank changes of weights by name: what scores and LoRA have in common when they leave for other tools.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/lora.hpp>

#include <string>
#include <vector>

namespace ampsft {

/// The change `scale L A` of one weight.
template <Scalar T>
struct NamedFactors {
  std::string weight;
  LoraFactors<T> factors;
};

/// Scores as factors: `A` is the basis, `L` the scores, the scale is 1. Weights that share scores get a copy each.
///
/// Throws `Error` for a truncated adapter, whose weights are no sum with the base's. Memory: the adapter, and a basis
/// for each weight.
template <Scalar T>
[[nodiscard]] std::vector<NamedFactors<T>> factors_of(const ScoreAdapter<T>& adapter);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/named_factors_inl.hpp>
#endif
