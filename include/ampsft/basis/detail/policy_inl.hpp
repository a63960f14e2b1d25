// SPDX-License-Identifier: MIT
/// @file
/// Bodies of policy.hpp.
#pragma once

#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/basis/policy.hpp>
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

template <Scalar T>
UniversalBasis<T> StoredBasis<T>::of_width(Index width, const std::string& stack) const {
  const NamedBasis<T>* found = nullptr;
  Index of_width = 0;
  for (const auto& one : file.bases) {
    if (one.basis.width() == width) {
      ++of_width;
      found = &one;
      if (one.stack == stack) {
        of_width = 1;
        break;
      }
    }
  }
  require(of_width == 1, "the file holds ", of_width, " bases of width ", width,
          of_width > 1 ? concat(", none for the stack '", stack, "'") : "",
          "; group the matrices as they were grouped when it was written");
  return rank > 0 ? found->basis.truncated(rank) : found->basis;
}

template <Scalar T>
UniversalBasis<T> MomentBasis<T>::fit(const RowStack<T>& stack) const {
  const auto found = moments.find(stack.width());
  require(found != moments.end(), "no ", kind, " of width ", stack.width(), " were seen for the stack '", stack.name(),
          "'");
  return UniversalBasis<T>::from_svd(truncated_svd(found->second, rank, false), kind);
}

AMPSFT_INSTANCE(struct StoredBasis<float>);
AMPSFT_INSTANCE(struct StoredBasis<double>);
AMPSFT_INSTANCE(struct MomentBasis<float>);
AMPSFT_INSTANCE(struct MomentBasis<double>);

}  // namespace ampsft
