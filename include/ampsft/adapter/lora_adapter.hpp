// SPDX-License-Identifier: MIT
/// @file
/// What a fine-tuning of LoRA factors leaves behind: taken from a model, put onto another one.
#pragma once

#include <ampsft/adapter/base_hash.hpp>
#include <ampsft/adapter/named_factors.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// LoRA factors of a model. A value.
template <Scalar T>
struct LoraAdapter {
  std::vector<NamedFactors<T>> factors;
  std::string base;                                    ///< `base_hash` of the model; "" if it is not known
  nlohmann::json training = nlohmann::json::object();  ///< a summary: steps, losses, whatever is worth keeping

  /// The names of all adapted weights.
  [[nodiscard]] std::vector<std::string> weights() const {
    std::vector<std::string> names;
    for (const auto& one : factors) {
      names.push_back(one.weight);
    }
    return names;
  }
};

/// Copies the factors of a model; `base` is the `base_hash` of its weights. Tied weights that share factors get a copy
/// each. Throws `Error` if no weight has factors, or one is adapted in another way.
template <Scalar T>
[[nodiscard]] LoraAdapter<T> take_lora(const WeightList<T>& weights, const std::string& base) {
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

/// Puts the factors upon a model's weights as LoRA and returns their leaves. Tied weights get what the list has for
/// each. Throws `Error`, and changes nothing, if one does not fit.
template <Scalar T>
ParameterList<T> attach_factors(const std::vector<NamedFactors<T>>& factors, const WeightList<T>& weights,
                                Route route = Route::factored) {
  std::vector<std::string> names;
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

/// `attach_factors` of an adapter. Throws `Error`, and changes nothing, if the adapter names another base.
template <Scalar T>
ParameterList<T> attach_adapter(const LoraAdapter<T>& adapter, const WeightList<T>& weights,
                                Route route = Route::factored) {
  if (!adapter.base.empty()) {
    detail::require_same_base(adapter.base, weights);
  }
  return attach_factors(adapter.factors, weights, route);
}

}  // namespace ampsft
