// SPDX-License-Identifier: MIT
/// @file
/// Bodies of lora_adapter.hpp.
#pragma once

#include <ampsft/adapter/base_hash.hpp>
#include <ampsft/adapter/lora_adapter.hpp>
#include <ampsft/adapter/named_factors.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
std::vector<std::string> LoraAdapter<T>::weights() const {
  std::vector<std::string> names;
  names.reserve(factors.size());
  for (const auto& one : factors) {
    names.push_back(one.weight);
  }
  return names;
}

template <Scalar T>
LoraAdapter<T> take_lora(const WeightList<T>& weights, const std::string& base) {
  LoraAdapter<T> adapter;
  adapter.base = base;
  for (const auto* weight : weights) {
    if (!weight->is_adapted()) {
      continue;
    }
    const auto lora = weight->template as<LoraParameterization<T>>();
    require(lora != nullptr, weight->name(), " is parameterised as ", weight->kind(),
            ", not by LoRA factors; take the adapter of a model with factors alone");
    adapter.factors.push_back({weight->name(), lora->factors()});
  }
  require(!adapter.factors.empty(), "no weight of the model has LoRA factors; attach them first");
  return adapter;
}

template <Scalar T>
ParameterList<T> attach_factors(const std::vector<NamedFactors<T>>& factors, const WeightList<T>& weights,
                                Route route) {
  std::vector<std::string> names;
  names.reserve(factors.size());
  for (const auto& one : factors) {
    names.push_back(one.weight);
  }
  return detail::attach(
      weights, {.patterns = names, .tied = Tied::separate}, [&](const std::string& name, FrozenBase<T> base) {
        const auto found =
            std::find_if(factors.begin(), factors.end(), [&](const auto& f) { return f.weight == name; });
        return LoraParameterization<T>(name, std::move(base), found->factors, route);
      });
}

template <Scalar T>
ParameterList<T> attach_adapter(const LoraAdapter<T>& adapter, const WeightList<T>& weights, Route route) {
  if (!adapter.base.empty()) {
    detail::require_same_base(adapter.base, weights);
  }
  return attach_factors(adapter.factors, weights, route);
}

AMPSFT_INSTANCE(struct LoraAdapter<float>);
AMPSFT_INSTANCE(struct LoraAdapter<double>);
AMPSFT_INSTANCE(LoraAdapter<float> take_lora(const WeightList<float>& weights, const std::string& base));
AMPSFT_INSTANCE(LoraAdapter<double> take_lora(const WeightList<double>& weights, const std::string& base));
AMPSFT_INSTANCE(ParameterList<float> attach_factors(const std::vector<NamedFactors<float>>& factors,
                                                    const WeightList<float>& weights, Route route));

AMPSFT_INSTANCE(ParameterList<double> attach_factors(const std::vector<NamedFactors<double>>& factors,
                                                     const WeightList<double>& weights, Route route));

AMPSFT_INSTANCE(ParameterList<float> attach_adapter(const LoraAdapter<float>& adapter, const WeightList<float>& weights,
                                                    Route route));

AMPSFT_INSTANCE(ParameterList<double> attach_adapter(const LoraAdapter<double>& adapter,
                                                     const WeightList<double>& weights, Route route));

}  // namespace ampsft
