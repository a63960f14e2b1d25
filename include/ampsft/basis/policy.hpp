// SPDX-License-Identifier: MIT
/// @file
/// Where a basis comes from, one small type each: any of them gives a stack of rows its basis.
#pragma once

#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/linalg/gram.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace ampsft {

/// Gives a stack its basis: `fit(stack)`. Throws `Error` where it has none for it.
template <class P, class T>
concept BasisPolicy = Scalar<T> && requires(const P& policy, const RowStack<T>& stack) {
  { policy.fit(stack) } -> std::same_as<UniversalBasis<T>>;
};

/// The leading directions of the weights themselves: the paper's.
struct WeightBasis {
  SvdOptions options = {};

  template <Scalar T>
  [[nodiscard]] UniversalBasis<T> fit(const RowStack<T>& stack) const {
    return UniversalBasis<T>::fit(stack, options);
  }
};

/// Random orthonormal directions without a mean; the same for all stacks of a width.
struct RandomBasis {
  Index rank = 8;
  std::uint64_t seed = 0;

  template <Scalar T>
  [[nodiscard]] UniversalBasis<T> fit(const RowStack<T>& stack) const {
    return UniversalBasis<T>::random(stack.width(), rank, seed);
  }
};

/// Bases that were computed before, say read by `load_bases`: the one of the stack's name, else the only one of its
/// width. `rank` cuts them; 0: whole.
template <Scalar T>
struct StoredBasis {
  BasisFile<T> file;
  Index rank = 0;

  [[nodiscard]] UniversalBasis<T> fit(const RowStack<T>& stack) const { return of_width(stack.width(), stack.name()); }

  /// The same for a stack that need not be there. Throws `Error` unless there is one such basis.
  [[nodiscard]] UniversalBasis<T> of_width(Index width, const std::string& stack = "") const;
};

/// The leading directions of what was accumulated for each width elsewhere, activations or gradients of a model
/// (train/collect_moments.hpp), without a mean: a mean of activations is none of weights.
template <Scalar T>
struct MomentBasis {
  std::map<Index, GramAccumulator<T>> moments;  ///< by width
  std::string kind;                             ///< for reports: "activations", "gradients"
  Index rank = 8;

  [[nodiscard]] UniversalBasis<T> fit(const RowStack<T>& stack) const;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/policy_inl.hpp>
#endif
