// SPDX-License-Identifier: MIT
/// @file
/// Merging what was trained into dense weights, and taking it out again exactly.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace ampsft {

/// A model's weights as they were before they were merged; `unmerge` puts these very objects back.
///
/// Unmerging computes nothing: base, scores and factors are the same matrices bit for bit, where a subtraction would
/// leave rounding. Memory: the merged matrices beside the base, as long as this object lives.
template <Scalar T>
class MergedWeights {
 public:
  /// Makes every adapted weight dense: `materialize()` of it; tied weights stay tied. Throws as that, and changes
  /// nothing then.
  explicit MergedWeights(const WeightList<T>& weights);

  /// Puts every weight back, which must still be where it was; what happened to the dense ones meanwhile is lost.
  void unmerge();

 private:
  struct Change {
    Weight<T>* weight;
    Weight<T> before;
    Weight<T> merged;
  };

  std::vector<Change> changed_;
};

/// Merges the scores or factors of all weights; keep the result to be able to unmerge.
template <Scalar T>
[[nodiscard]] MergedWeights<T> merge(const WeightList<T>& weights);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/merge_inl.hpp>
#endif
