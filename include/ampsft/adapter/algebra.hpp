// SPDX-License-Identifier: MIT
/// @file
/// Adapters as vectors: scaled, summed, and found in the difference of two models.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// One term of a weighted sum; the adapter must outlive it.
template <Scalar T>
struct WeightedAdapter {
  const ScoreAdapter<T>* adapter;
  double weight;
};

/// `sum_i w_i S_i` over one base and one basis a width; a matrix that a term does not adapt counts as zero there.
///
/// Throws `Error` for no terms, two bases of one width, a base, a form or a sharing that differs, and for truncated
/// adapters unless the weights sum to 1 and all adapt the same matrices, for their scores hold the weight itself.
template <Scalar T>
[[nodiscard]] ScoreAdapter<T> weighted_sum(std::span<const WeightedAdapter<T>> products);

/// `factor S`: the change of the base, made larger or smaller; the summary of the training is dropped. Throws as
/// `weighted_sum`.
template <Scalar T>
[[nodiscard]] ScoreAdapter<T> scaled(const ScoreAdapter<T>& adapter, double factor);

/// How much of a change the scores hold.
struct ProjectedEnergy {
  std::string weight;
  double energy = 0.0;  ///< the squared norm of the change
  double lost = 0.0;    ///< the part of it outside of the basis

  /// The lost part as a share, 0 for no change.
  [[nodiscard]] double share() const { return energy > 0.0 ? lost / energy : 0.0; }
};

/// An adapter that stands for a change, and what it misses of it.
template <Scalar T>
struct ProjectedAdapter {
  ScoreAdapter<T> adapter;
  std::vector<ProjectedEnergy> energies;  ///< one a matrix of the adapter

  /// Of all matrices together.
  [[nodiscard]] ProjectedEnergy total() const;
};

/// The scores `S = (W1 - W0) B'` that come nearest to a model tuned in any way: `W0 + S B` for `W1`.
///
/// `base` and `tuned` are lists of the same weights; those that match `targets` are projected, and tied ones that share
/// a matrix in both models share scores. Throws `Error` if names or shapes differ or a basis is missing. Cost: that of
/// `W1 - W0` and its projection, one weight at a time in memory.
template <Scalar T>
[[nodiscard]] ProjectedAdapter<T> project_difference(const WeightList<T>& base, const WeightList<T>& tuned,
                                                     const BasisSet<T>& bases,
                                                     const std::vector<std::string>& targets = {"*"});

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/algebra_inl.hpp>
#endif
