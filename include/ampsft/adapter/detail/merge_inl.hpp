// SPDX-License-Identifier: MIT
/// @file
/// Bodies of merge.hpp.
#pragma once

#include <ampsft/adapter/merge.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
MergedWeights<T>::MergedWeights(const WeightList<T>& weights) {
  for (auto* weight : weights) {
    if (!weight->is_adapted()) {
      continue;
    }
    const auto twin = std::find_if(changed_.begin(), changed_.end(),
                                   [&](const Change& change) { return change.before.is_tied_to(*weight); });
    Weight<T> merged =
        twin != changed_.end() ? twin->merged.tied(weight->name()) : Weight<T>(weight->name(), weight->materialize());
    changed_.push_back({weight, *weight, std::move(merged)});
  }
  for (auto& change : changed_) {
    *change.weight = change.merged;
  }
}

template <Scalar T>
void MergedWeights<T>::unmerge() {
  for (auto& change : changed_) {
    *change.weight = change.before;
  }
  changed_.clear();
}

template <Scalar T>
MergedWeights<T> merge(const WeightList<T>& weights) {
  return MergedWeights<T>(weights);
}

AMPSFT_INSTANCE(class MergedWeights<float>);
AMPSFT_INSTANCE(class MergedWeights<double>);
AMPSFT_INSTANCE(MergedWeights<float> merge(const WeightList<float>& weights));
AMPSFT_INSTANCE(MergedWeights<double> merge(const WeightList<double>& weights));

}  // namespace ampsft
