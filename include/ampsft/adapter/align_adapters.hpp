// SPDX-License-Identifier: MIT
/// @file
/// Adapters of one base and one basis, made alike, so that they can be computed together.
#pragma once

#include <ampsft/adapter/score_adapter.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

/// Whether a matrix of one adapter is one of the other's too, or shares no weight with any of them.
template <Scalar T>
[[nodiscard]] bool shares_alike(const AdaptedMatrix<T>& matrix, const ScoreAdapter<T>& other) {
  return std::all_of(other.matrices.begin(), other.matrices.end(), [&](const auto& another) {
    const bool meets = std::any_of(another.weights.begin(), another.weights.end(), [&](const auto& name) {
      return std::find(matrix.weights.begin(), matrix.weights.end(), name) != matrix.weights.end();
    });
    return !meets || (another.weights == matrix.weights && another.scores.shape() == matrix.scores.shape());
  });
}

}  // namespace detail

/// Whether `align_adapters` can make two adapters alike: both are of the exact-start form and of one base, where both
/// have a basis of a width it is the same, and weights that share scores in one do so in the other.
template <Scalar T>
[[nodiscard]] bool can_align(const ScoreAdapter<T>& one, const ScoreAdapter<T>& other) {
  const auto exact = [](const ScoreAdapter<T>& adapter) { return adapter.form == ScoreForm::exact_start; };
  const auto known = [&](const auto& entry) {
    const auto found = one.bases.find(entry.first);
    return found == nullptr || same_basis(found, entry.second);
  };
  return exact(one) && exact(other) && one.base == other.base &&
         std::all_of(other.bases.begin(), other.bases.end(), known) &&
         std::all_of(one.matrices.begin(), one.matrices.end(),
                     [&](const auto& matrix) { return detail::shares_alike(matrix, other); });
}

/// Gives all adapters the bases of every width that any has, and the same matrices in the same order: what one does not
/// adapt gets scores of zero. Throws `Error`, and changes nothing, unless `can_align` holds for every two.
template <Scalar T>
void align_adapters(std::vector<ScoreAdapter<T>>& adapters) {
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      require(can_align(adapters[j], adapters[i]),
              "adapters can be made alike if they are of the exact-start form, of one base and one basis a width, ",
              "and share scores alike; numbers ", j, " and ", i, " differ in that");
    }
  }
  BasisSet<T> bases;
  std::vector<AdaptedMatrix<T>> like;  // zeros
  for (const auto& adapter : adapters) {
    for (const auto& [width, basis] : adapter.bases) {
      bases.insert(basis);
    }
    for (const auto& matrix : adapter.matrices) {
      if (std::none_of(like.begin(), like.end(), [&](const auto& known) { return known.weights == matrix.weights; })) {
        like.push_back({matrix.weights, matrix.width, make_matrix<T>(rows(matrix.scores), cols(matrix.scores), T{0})});
      }
    }
  }
  for (auto& adapter : adapters) {
    std::vector<AdaptedMatrix<T>> aligned = like;
    for (auto& matrix : aligned) {
      const auto own = std::find_if(adapter.matrices.begin(), adapter.matrices.end(),
                                    [&](const auto& known) { return known.weights == matrix.weights; });
      if (own != adapter.matrices.end()) {
        matrix.scores = std::move(own->scores);
      }
    }
    adapter.matrices = std::move(aligned);
    adapter.bases = bases;
  }
}

}  // namespace ampsft
