// SPDX-License-Identifier: MIT
/// @file
/// Bodies of score_adapter.hpp.
#pragma once

#include <ampsft/adapter/base_hash.hpp>
#include <ampsft/adapter/score_adapter.hpp>
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

template <Scalar T>
std::vector<std::string> ScoreAdapter<T>::weights() const {
  std::vector<std::string> names;
  for (const auto& matrix : matrices) {
    names.insert(names.end(), matrix.weights.begin(), matrix.weights.end());
  }
  return names;
}

template <Scalar T>
const std::shared_ptr<const UniversalBasis<T>>& ScoreAdapter<T>::basis(const AdaptedMatrix<T>& matrix) const {
  const auto& basis = bases.for_weight(matrix.weights.front(), matrix.width);
  require(basis->rank() == cols(matrix.scores), "the adapter's basis of width ", matrix.width, " has rank ",
          basis->rank(), ", but the scores of ", matrix.weights.front(), " are for one of rank ", cols(matrix.scores));
  return basis;
}

template <Scalar T>
ScoreAdapter<T> take_adapter(const WeightList<T>& weights, const std::string& base) {
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

template <Scalar T>
ScoreAdapter<T> take_adapter(const WeightList<T>& weights) {
  return take_adapter(weights, base_hash(weights));
}

}  // namespace ampsft

namespace ampsft::detail {

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

template <Scalar T>
ParameterList<T> attach_scores_of(const ScoreAdapter<T>& adapter, const WeightList<T>& weights, Route route) {
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

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
ParameterList<T> attach_adapter(const ScoreAdapter<T>& adapter, const WeightList<T>& weights, Route route) {
  detail::require_fitting(adapter, weights);
  if (!adapter.base.empty()) {
    detail::require_same_base(adapter.base, weights);
  }
  return detail::attach_scores_of(adapter, weights, route);
}

AMPSFT_INSTANCE(struct ScoreAdapter<float>);
AMPSFT_INSTANCE(struct ScoreAdapter<double>);
AMPSFT_INSTANCE(ScoreAdapter<float> take_adapter(const WeightList<float>& weights, const std::string& base));
AMPSFT_INSTANCE(ScoreAdapter<double> take_adapter(const WeightList<double>& weights, const std::string& base));
AMPSFT_INSTANCE(ScoreAdapter<float> take_adapter(const WeightList<float>& weights));
AMPSFT_INSTANCE(ScoreAdapter<double> take_adapter(const WeightList<double>& weights));

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(void require_fitting(const ScoreAdapter<float>& adapter, const WeightList<float>& weights));
AMPSFT_INSTANCE(void require_fitting(const ScoreAdapter<double>& adapter, const WeightList<double>& weights));
AMPSFT_INSTANCE(ParameterList<float> attach_scores_of(const ScoreAdapter<float>& adapter,
                                                      const WeightList<float>& weights, Route route));

AMPSFT_INSTANCE(ParameterList<double> attach_scores_of(const ScoreAdapter<double>& adapter,
                                                       const WeightList<double>& weights, Route route));

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(ParameterList<float> attach_adapter(const ScoreAdapter<float>& adapter,
                                                    const WeightList<float>& weights, Route route));

AMPSFT_INSTANCE(ParameterList<double> attach_adapter(const ScoreAdapter<double>& adapter,
                                                     const WeightList<double>& weights, Route route));

}  // namespace ampsft
