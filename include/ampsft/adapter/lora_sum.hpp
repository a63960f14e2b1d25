// SPDX-License-Identifier: MIT
/// @file
/// Sums of LoRA adapters, as one whose factors stand beside each other.
#pragma once

#include <ampsft/adapter/lora_adapter.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace ampsft {

/// One term of a weighted sum; the adapter must outlive it.
template <Scalar T>
struct WeightedLora {
  const LoraAdapter<T>* adapter;
  double weight;
};

namespace detail {

/// Adds `weight` times a change to another one of the same weight. Factors of one `A` are added, others stand below and
/// beside each other.
template <Scalar T>
void add_factors(LoraFactors<T>& sum, const LoraFactors<T>& term, double weight) {
  const T scale = static_cast<T>(term.scale * weight);
  Matrix<T> l = make_matrix(static_cast<T>(sum.scale) * map(std::as_const(sum.l)));
  sum.scale = 1.0;
  if (sum.a == term.a) {
    map(l) += scale * map(term.l);
    sum.l = std::move(l);
    return;
  }
  const Index before = rows(sum.a);
  const Index added = rows(term.a);
  Matrix<T> a = make_matrix<T>(before + added, cols(sum.a));
  map(a).topRows(before) = map(std::as_const(sum.a));
  map(a).bottomRows(added) = map(term.a);
  Matrix<T> both = make_matrix<T>(rows(l), before + added);
  map(both).leftCols(before) = map(std::as_const(l));
  map(both).rightCols(added) = scale * map(term.l);
  sum.a = std::move(a);
  sum.l = std::move(both);
}

}  // namespace detail

/// `sum_i w_i s_i L_i A_i`, exactly: the rank of a weight's sum is the sum of the ranks, but for terms with the same
/// `A`. A weight that a term does not adapt counts as zero there. The summary of the training is dropped.
///
/// Throws `Error` for no terms, a weight that is not finite, bases that differ (one that is not known goes with any),
/// and factors that do not fit each other.
template <Scalar T>
[[nodiscard]] LoraAdapter<T> weighted_sum(std::span<const WeightedLora<T>> terms) {
  require(!terms.empty(), "a sum of adapters needs at least one");
  LoraAdapter<T> sum;
  for (const auto& [adapter, weight] : terms) {
    require(std::isfinite(weight), "the weight of an adapter must be finite, not ", weight);
    require(adapter->base.empty() || sum.base.empty() || adapter->base == sum.base,
            "adapters of different bases cannot be summed; their hashes are ", sum.base, " and ", adapter->base);
    sum.base = sum.base.empty() ? adapter->base : sum.base;
    for (const auto& [name, factors] : adapter->factors) {
      const auto known = std::find_if(sum.factors.begin(), sum.factors.end(),
                                      [&, &wanted = name](const auto& one) { return one.weight == wanted; });
      if (known == sum.factors.end()) {
        sum.factors.push_back({name, {.a = factors.a, .l = factors.l, .scale = factors.scale * weight}});
        continue;
      }
      require(rows(known->factors.l) == rows(factors.l) && cols(known->factors.a) == cols(factors.a), name, " is a ",
              rows(known->factors.l), " x ", cols(known->factors.a), " matrix in one adapter and ", rows(factors.l),
              " x ", cols(factors.a), " in another");
      detail::add_factors(known->factors, factors, weight);
    }
  }
  return sum;
}

}  // namespace ampsft
