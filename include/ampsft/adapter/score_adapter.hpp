// SPDX-License-Identifier: MIT
/// @file
/// What a fine-tuning of scores leaves behind: taken from a model, put onto another one.
#pragma once

#include <ampsft/adapter/base_hash.hpp>
#include <ampsft/basis/basis_set.hpp>
#include <ampsft/core/compat/json.hpp>
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
template <Scalar T>
struct ScoreAdapter {
  ScoreForm form = ScoreForm::exact_start;
  BasisSet<T> bases;
  std::vector<AdaptedMatrix<T>> matrices;
  std::string base;                                    ///< `base_hash` of the model; "" if it is not known
  nlohmann::json training = nlohmann::json::object();  ///< a summary: steps, losses, whatever is worth keeping

  /// The names of all adapted weights.
  [[nodiscard]] std::vector<std::string> weights() const {
    std::vector<std::string> names;
    for (const auto& matrix : matrices) {
      names.insert(names.end(), matrix.weights.begin(), matrix.weights.end());
    }
    return names;
  }

  /// The basis of a matrix. Throws `Error` if there is none of its width and rank.
  [[nodiscard]] const std::shared_ptr<const UniversalBasis<T>>& basis(const AdaptedMatrix<T>& matrix) const {
    const auto& basis = bases.for_weight(matrix.weights.front(), matrix.width);
    require(basis->rank() == cols(matrix.scores), "the adapter's basis of width ", matrix.width, " has rank ",
            basis->rank(), ", but the scores of ", matrix.weights.front(), " are for one of rank ",
            cols(matrix.scores));
    return basis;
  }
};

/// Copies the scores of a model; `base` is the `base_hash` of its weights, which the truncated form needs to be told
/// because it forgets them.
///
/// Throws `Error` if no weight has scores, one is adapted in another way, forms differ, or two bases have one width.
template <Scalar T>
[[nodiscard]] ScoreAdapter<T> take_adapter(const WeightList<T>& weights, const std::string& base) {
  ScoreAdapter<T> adapter;
  adapter.base = base;
  std::vector<const Weight<T>*> owners;  // of adapter.matrices
  for (const auto* weight : weights) {
    if (!weight->is_adapted()) {
      continue;
    }
    const auto scores = weight->template as<ScoreParameterization<T>>();
    require(scores != nullptr, weight->name(), " is parameterised as ", weight->kind(),
            ", not by scores of its own; take the adapter of a model with scores alone");
    const auto twin =
        std::find_if(owners.begin(), owners.end(), [&](auto* owner) { return owner->is_tied_to(*weight); });
    if (twin != owners.end()) {
      adapter.matrices[static_cast<std::size_t>(twin - owners.begin())].weights.push_back(weight->name());
      continue;
    }
    require(owners.empty() || scores->form() == adapter.form, weight->name(),
            " has scores of another form than the weights before it");
    adapter.form = scores->form();
    const auto known = adapter.bases.find(scores->cols());
    require(known == nullptr || same_basis(known, scores->shared_basis()), weight->name(),
            " has another basis of width ", scores->cols(), " than the weights before it; an adapter has one a width");
    adapter.bases.insert(scores->shared_basis());
    owners.push_back(weight);
    adapter.matrices.push_back({{weight->name()}, scores->cols(), scores->scores().value});
  }
  require(!owners.empty(), "no weight of the model has scores; attach them first");
  return adapter;
}

/// The same for the exact-start form, whose base is still there.
template <Scalar T>
[[nodiscard]] ScoreAdapter<T> take_adapter(const WeightList<T>& weights) {
  return take_adapter(weights, base_hash(weights));
}

namespace detail {

/// Throws unless every adapted weight is in the list, with the adapter's shape, and tied to those that share its scores
/// alone.
template <Scalar T>
void require_fitting(const ScoreAdapter<T>& adapter, const WeightList<T>& weights) {
  std::map<std::string, const Weight<T>*> by_name;
  for (const auto* weight : weights) {
    by_name.emplace(weight->name(), weight);
  }
  for (const auto& matrix : adapter.matrices) {
    static_cast<void>(adapter.basis(matrix));
    for (const auto& name : matrix.weights) {
      const auto found = by_name.find(name);
      require(found != by_name.end(), "the adapter is for a weight ", quoted(name), ", which the model does not have");
      const Weight<T>& weight = *found->second;
      require(weight.rows() == rows(matrix.scores) && weight.cols() == matrix.width, "the adapter's scores of ", name,
              " are for a matrix of ", rows(matrix.scores), " x ", matrix.width, ", but the model's is ", weight.rows(),
              " x ", weight.cols());
      require(weight.is_tied_to(*by_name.at(matrix.weights.front())), "the adapter has one set of scores for ",
              matrix.weights.front(), " and ", name, ", which are tied in its model but not in this one");
    }
  }
}

/// `attach_adapter` without a look at the base.
template <Scalar T>
ParameterList<T> attach_scores_of(const ScoreAdapter<T>& adapter, const WeightList<T>& weights,
                                  Route route = Route::factored) {
  require_fitting(adapter, weights);
  const auto matrix_of = [&](const std::string& name) {
    return std::find_if(adapter.matrices.begin(), adapter.matrices.end(), [&](const auto& matrix) {
      return std::find(matrix.weights.begin(), matrix.weights.end(), name) != matrix.weights.end();
    });
  };
  const bool shares = std::any_of(adapter.matrices.begin(), adapter.matrices.end(),
                                  [](const auto& matrix) { return matrix.weights.size() > 1; });
  const auto names = adapter.weights();
  for (const auto* one : shares ? match_weights(weights, names) : WeightList<T>{}) {
    for (const auto* other : match_weights(weights, names)) {
      require(!one->is_tied_to(*other) || matrix_of(one->name()) == matrix_of(other->name()), one->name(), " and ",
              other->name(), " are tied, but the adapter, which shares others' scores, has scores for each");
    }
  }
  return attach(weights, {.patterns = names, .tied = shares ? Tied::shared : Tied::separate},
                [&](const std::string& name, FrozenBase<T> source) {
                  const auto& matrix = *matrix_of(name);
                  ScoreParameterization<T> made(name, std::move(source), adapter.basis(matrix), adapter.form, route);
                  made.leaves().front()->value = matrix.scores;
                  return made;
                });
}

}  // namespace detail

/// Puts the adapter's scores onto the weights and returns their leaves, which can be trained further.
///
/// Throws `Error`, and changes nothing, if the base is another one (both hashes are named), a weight is missing, has
/// another shape or is not dense or frozen. Other parameters keep their state, see `attach_scores`.
template <Scalar T>
ParameterList<T> attach_adapter(const ScoreAdapter<T>& adapter, const WeightList<T>& weights,
                                Route route = Route::factored) {
  detail::require_fitting(adapter, weights);
  if (!adapter.base.empty()) {
    detail::require_same_base(adapter.base, weights);
  }
  return detail::attach_scores_of(adapter, weights, route);
}

}  // namespace ampsft
