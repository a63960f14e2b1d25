// SPDX-License-Identifier: MIT
/// @file
/// Moments of the rows of weights in any form, also of frozen ones that are quantised.
#pragma once

#include <ampsft/linalg/gram.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace ampsft {

/// Count, mean and scatter of the rows of the chosen weights, by width; a matrix that two weights share counts
/// twice, as in `stack_weights`.
///
/// `truncated_svd` makes of them what `fit_bases` finds in the same weights where they are dense. Throws `Error` if a
/// pattern matches nothing, a weight has scores or factors, or is not finite. Cost: `d^2 / 2` multiply-adds in double a
/// row; memory: one matrix at a time in `T`, where it is not there already, and some times `d^2` doubles.
template <Scalar T>
[[nodiscard]] std::map<Index, GramAccumulator<T>> weight_moments(const WeightList<T>& weights,
                                                                 const std::vector<std::string>& patterns = {"*"}) {
  std::map<Index, GramAccumulator<T>> moments;
  for (const auto* weight : match_weights(weights, patterns)) {
    const FrozenBase<T> base = weight->base();
    require(static_cast<bool>(base), weight->name(), " is parameterised as ", weight->kind(),
            "; moments are those of dense or frozen weights");
    auto& gram = moments.try_emplace(base.cols(), base.cols()).first->second;
    if (base.matrix()) {
      gram.add(map(*base.matrix()));
    } else {
      const Matrix<T> dequantized = base.dequantized();
      gram.add(map(dequantized));
    }
    require(std::isfinite(gram.raw_energy()), weight->name(),
            " holds a NaN, an infinity or numbers too large to square");
  }
  return moments;
}

}  // namespace ampsft
