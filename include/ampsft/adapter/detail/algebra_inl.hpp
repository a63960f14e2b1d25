// SPDX-License-Identifier: MIT
/// @file
/// Bodies of algebra.hpp.
#pragma once

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/score_adapter.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
ScoreAdapter<T> weighted_sum(std::span<const WeightedAdapter<T>> products) {
  require(!products.empty(), "a sum of adapters needs at least one");
  const ScoreAdapter<T>& first = *products.front().adapter;
  ScoreAdapter<T> sum{.form = first.form, .bases = first.bases, .matrices = {}, .base = first.base};
  double weights = 0.0;
  for (const auto& [adapter, weight] : products) {
    require(std::isfinite(weight), "the weight of an adapter must be finite, not ", weight);
    require(adapter->form == sum.form, "adapters of different forms cannot be summed");
    require(adapter->base == sum.base, "adapters of different bases cannot be summed; their hashes are ", sum.base,
            " and ", adapter->base);
    for (const auto& [width, basis] : adapter->bases) {
      const auto known = sum.bases.find(width);
      require(known == nullptr || same_basis(known, basis), "adapters over different bases of width ", width,
              " cannot be summed; project one to the bases of the other");
      sum.bases.insert(basis);
    }
    weights += weight;
    for (const auto& matrix : adapter->matrices) {
      const auto found = std::find_if(sum.matrices.begin(), sum.matrices.end(), [&](const auto& known) {
        return known.weights.front() == matrix.weights.front();
      });
      if (found == sum.matrices.end()) {
        for (const auto& name : matrix.weights) {
          const auto names = sum.weights();
          require(std::find(names.begin(), names.end(), name) == names.end(), name,
                  " shares its scores in one adapter and not in another");
        }
        sum.matrices.push_back(
            {matrix.weights, matrix.width, make_matrix(static_cast<T>(weight) * map(matrix.scores))});
        continue;
      }
      require(found->weights == matrix.weights && found->scores.shape() == matrix.scores.shape(),
              matrix.weights.front(), " has other scores or shares them otherwise in one adapter than in another");
      map(found->scores) += static_cast<T>(weight) * map(matrix.scores);
    }
  }
  if (sum.form == ScoreForm::truncated) {
    const auto same = [&](const auto& term) { return term.adapter->matrices.size() == sum.matrices.size(); };
    require(std::abs(weights - 1.0) < 1e-9 && std::all_of(products.begin(), products.end(), same),
            "truncated adapters can be averaged alone: their weights must sum to 1, not ", weights,
            ", and all must adapt the same matrices");
  }
  return sum;
}

template <Scalar T>
ScoreAdapter<T> scaled(const ScoreAdapter<T>& adapter, double factor) {
  const WeightedAdapter<T> term{&adapter, factor};
  return weighted_sum<T>({&term, 1});
}

template <Scalar T>
ProjectedEnergy ProjectedAdapter<T>::total() const {
  ProjectedEnergy sum{.weight = "all"};
  for (const auto& one : energies) {
    sum.energy += one.energy;
    sum.lost += one.lost;
  }
  return sum;
}

template <Scalar T>
ProjectedAdapter<T> project_difference(const WeightList<T>& base, const WeightList<T>& tuned, const BasisSet<T>& bases,
                                       const std::vector<std::string>& targets) {
  ProjectedAdapter<T> result;
  result.adapter.base = base_hash(base);
  std::vector<std::pair<const Weight<T>*, const Weight<T>*>> owners;
  for (const auto* weight : match_weights(base, targets)) {
    const auto other = std::find_if(tuned.begin(), tuned.end(), [&](auto* w) { return w->name() == weight->name(); });
    require(other != tuned.end() && (*other)->rows() == weight->rows() && (*other)->cols() == weight->cols(),
            "the tuned model has no ", weight->name(), " of ", weight->rows(), " x ", weight->cols());
    const auto twin = std::find_if(owners.begin(), owners.end(), [&](const auto& owner) {
      return owner.first->is_tied_to(*weight) && owner.second->is_tied_to(**other);
    });
    if (twin != owners.end()) {
      result.adapter.matrices[static_cast<std::size_t>(twin - owners.begin())].weights.push_back(weight->name());
      continue;
    }
    const auto& basis = bases.for_weight(weight->name(), weight->cols());
    Matrix<T> change = (*other)->materialize();
    const Matrix<T> before = base_of(*weight).dequantized();
    map(change) -= map(before);
    Matrix<T> scores = basis->project(map(change));
    ProjectedEnergy energy{.weight = weight->name()};
    energy.energy = map(change).template cast<double>().squaredNorm();
    map(change).noalias() -= map(scores) * map(basis->components());
    energy.lost = map(change).template cast<double>().squaredNorm();
    result.energies.push_back(energy);
    result.adapter.bases.insert(basis);
    result.adapter.matrices.push_back({{weight->name()}, weight->cols(), std::move(scores)});
    owners.emplace_back(weight, *other);
  }
  return result;
}

AMPSFT_INSTANCE(ScoreAdapter<float> weighted_sum(std::span<const WeightedAdapter<float>> products));
AMPSFT_INSTANCE(ScoreAdapter<double> weighted_sum(std::span<const WeightedAdapter<double>> products));
AMPSFT_INSTANCE(ScoreAdapter<float> scaled(const ScoreAdapter<float>& adapter, double factor));
AMPSFT_INSTANCE(ScoreAdapter<double> scaled(const ScoreAdapter<double>& adapter, double factor));
AMPSFT_INSTANCE(struct ProjectedAdapter<float>);
AMPSFT_INSTANCE(struct ProjectedAdapter<double>);
AMPSFT_INSTANCE(ProjectedAdapter<float> project_difference(const WeightList<float>& base,
                                                           const WeightList<float>& tuned, const BasisSet<float>& bases,
                                                           const std::vector<std::string>& targets));

AMPSFT_INSTANCE(ProjectedAdapter<double> project_difference(const WeightList<double>& base,
                                                            const WeightList<double>& tuned,
                                                            const BasisSet<double>& bases,
                                                            const std::vector<std::string>& targets));

}  // namespace ampsft
