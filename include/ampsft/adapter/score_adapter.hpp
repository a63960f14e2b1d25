// SPDX-License-Identifier: MIT
/// @file
/// What a fine-tuning of scores leaves behind: taken from a model, put onto another one.
#pragma once

#include <ampsft/adapter/base_hash.hpp>
#include <ampsft/basis/basis_set.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// Scores, and the weights that they are for: more than one where weights are tied and share them.
template <Scalar T>
struct AdaptedMatrix {
  std::vector<std::string> weights;
  Index width;       ///< of the weights' rows, which says which basis
  Matrix<T> scores;  ///< `n x K`
};

/// Scores of a model over the bases of their widths. A value, but for the bases, which copies share.
template <Scalar T = float>
struct ScoreAdapter {
  ScoreForm form = ScoreForm::exact_start;
  BasisSet<T> bases;
  std::vector<AdaptedMatrix<T>> matrices;
  std::string base;                                    ///< `base_hash` of the model; "" if it is not known
  nlohmann::json training = nlohmann::json::object();  ///< a summary: steps, losses, whatever is worth keeping

  /// The names of all adapted weights.
  [[nodiscard]] std::vector<std::string> weights() const;

  /// The basis of a matrix. Throws `Error` if there is none of its width and rank.
  [[nodiscard]] const std::shared_ptr<const UniversalBasis<T>>& basis(const AdaptedMatrix<T>& matrix) const;
};

/// Copies the scores of a model; `base` is the `base_hash` of its weights, which the truncated form needs to be told
/// because it forgets them.
///
/// Throws `Error` if no weight has scores, one is adapted in another way, forms differ, or two bases have one width.
template <Scalar T>
[[nodiscard]] ScoreAdapter<T> take_adapter(const WeightList<T>& weights, const std::string& base);

/// The same for the exact-start form, whose base is still there.
template <Scalar T>
[[nodiscard]] ScoreAdapter<T> take_adapter(const WeightList<T>& weights);

namespace detail {

/// Throws unless every adapted weight is in the list, with the adapter's shape, and tied to those that share its scores
/// alone.
template <Scalar T>
void require_fitting(const ScoreAdapter<T>& adapter, const WeightList<T>& weights);

/// `attach_adapter` without a look at the base.
template <Scalar T>
ParameterList<T> attach_scores_of(const ScoreAdapter<T>& adapter, const WeightList<T>& weights,
                                  Route route = Route::factored);

}  // namespace detail

/// Puts the adapter's scores onto the weights and returns their leaves, which can be trained further.
///
/// Throws `Error`, and changes nothing, if the base is another one (both hashes are named), a weight is missing, has
/// another shape or is not dense or frozen. Other parameters keep their state, see `attach_scores`.
template <Scalar T>
ParameterList<T> attach_adapter(const ScoreAdapter<T>& adapter, const WeightList<T>& weights,
                                Route route = Route::factored);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/score_adapter_inl.hpp>
#endif
