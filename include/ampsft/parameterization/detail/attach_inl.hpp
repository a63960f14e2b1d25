// SPDX-License-Identifier: MIT
/// @file
/// Bodies of attach.hpp.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/basis/basis_set.hpp>
#include <ampsft/core/glob.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/frozen.hpp>
#include <ampsft/parameterization/lora.hpp>
#include <ampsft/parameterization/score.hpp>
#include <ampsft/parameterization/weight.hpp>

#include <algorithm>
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
WeightList<T> match_weights(const WeightList<T>& weights, const std::vector<std::string>& patterns) {
  std::vector<bool> chosen(weights.size(), false);
  for (const auto& pattern : patterns) {
    bool found = false;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (matches_glob(pattern, weights[i]->name())) {
        chosen[i] = found = true;
      }
    }
    if (!found) {
      std::string names;
      for (const auto* weight : weights) {
        names += (names.empty() ? "" : ", ") + weight->name();
      }
      fail("no weight matches '", pattern, "'; there are: ", names);
    }
  }
  WeightList<T> result;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (chosen[i]) {
      result.push_back(weights[i]);
    }
  }
  return result;
}

template <Scalar T>
Weight<T>& find_weight(const WeightList<T>& weights, const std::string& name) {
  for (auto* weight : weights) {
    if (weight->name() == name) {
      return *weight;
    }
  }
  std::string names;
  for (const auto* weight : weights) {
    names += (names.empty() ? "" : ", ") + weight->name();
  }
  fail("there is no weight '", name, "'; there are: ", names);
}

template <Scalar T>
ParameterList<T> attach_scores(const WeightList<T>& weights, const BasisSet<T>& bases, ScoreForm form,
                               const AttachTargets& targets, Route route) {
  return detail::attach(weights, targets, [&](const std::string& name, FrozenBase<T> source) {
    const auto& basis = bases.for_weight(name, source.cols());
    return ScoreParameterization<T>(name, std::move(source), basis, form, route);
  });
}

template <Scalar T>
ParameterList<T> attach_lora(const WeightList<T>& weights, const LoraOptions& options, const AttachTargets& targets) {
  Random seeds(options.seed);
  return detail::attach(weights, targets, [&](const std::string& name, FrozenBase<T> source) {
    LoraOptions own = options;
    own.seed = seeds();
    return LoraParameterization<T>(name, std::move(source), own);
  });
}

template <Scalar T>
void detach(const WeightList<T>& weights) {
  std::vector<std::pair<Weight<T>*, Weight<T>>> plan;
  for (auto* weight : weights) {
    if (weight->is_adapted()) {
      const FrozenBase<T> base = base_of(*weight);
      const auto twin = std::find_if(plan.begin(), plan.end(), [&](const auto& pair) {
        return pair.second.base().named("").identity() == base.named("").identity();
      });
      plan.emplace_back(weight, twin != plan.end()
                                    ? twin->second.tied(weight->name())
                                    : Weight<T>(weight->name(), FrozenParameterization<T>(weight->name(), base)));
    }
  }
  for (auto& [weight, plain] : plan) {
    *weight = std::move(plain);
  }
}

template <Scalar T>
void freeze(const ParameterList<T>& parameters) {
  for (auto* parameter : parameters) {
    parameter->trainable = false;
  }
}

AMPSFT_INSTANCE(Weight<float>& find_weight(const WeightList<float>& weights, const std::string& name));
AMPSFT_INSTANCE(Weight<double>& find_weight(const WeightList<double>& weights, const std::string& name));
AMPSFT_INSTANCE(void freeze(const ParameterList<float>& parameters));
AMPSFT_INSTANCE(void freeze(const ParameterList<double>& parameters));
AMPSFT_INSTANCE(WeightList<float> match_weights(const WeightList<float>&, const std::vector<std::string>&));
AMPSFT_INSTANCE(WeightList<double> match_weights(const WeightList<double>&, const std::vector<std::string>&));
AMPSFT_INSTANCE(ParameterList<float> attach_scores(const WeightList<float>&, const BasisSet<float>&, ScoreForm,
                                                   const AttachTargets&, Route));

AMPSFT_INSTANCE(ParameterList<double> attach_scores(const WeightList<double>&, const BasisSet<double>&, ScoreForm,
                                                    const AttachTargets&, Route));

AMPSFT_INSTANCE(ParameterList<float> attach_lora(const WeightList<float>&, const LoraOptions&, const AttachTargets&));
AMPSFT_INSTANCE(ParameterList<double> attach_lora(const WeightList<double>&, const LoraOptions&, const AttachTargets&));
AMPSFT_INSTANCE(void detach(const WeightList<float>&));
AMPSFT_INSTANCE(void detach(const WeightList<double>&));

}  // namespace ampsft

namespace ampsft {

template <std::same_as<float> T>
void keep_in_bf16(const WeightList<T>& weights, const AttachTargets& targets, Arithmetic arithmetic) {
  static_cast<void>(detail::attach(weights, targets, [&](const std::string& name, const FrozenBase<T>& source) {
    require(source.matrix() != nullptr, name, " is no dense matrix; what is frozen already stays as it is");
    const std::shared_ptr<const FrozenWeight<T>> kept =
        std::make_shared<const Bf16Weight<T>>(*source.matrix(), arithmetic);
    return FrozenParameterization<T>(name, kept);
  }));
}

AMPSFT_INSTANCE(void keep_in_bf16(const WeightList<float>& weights, const AttachTargets& targets,
                                  Arithmetic arithmetic));

}  // namespace ampsft
