// SPDX-License-Identifier: MIT
/// @file
/// What a fine-tuning of LoRA factors leaves behind: taken from a model, put onto another one.
#pragma once

#include <ampsft/adapter/base_hash.hpp>
#include <ampsft/adapter/named_factors.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// LoRA factors of a model. A value.
template <Scalar T = float>
struct LoraAdapter {
  std::vector<NamedFactors<T>> factors;
  std::string base;                                    ///< `base_hash` of the model; "" if it is not known
  nlohmann::json training = nlohmann::json::object();  ///< a summary: steps, losses, whatever is worth keeping

  /// The names of all adapted weights.
  [[nodiscard]] std::vector<std::string> weights() const;
};

/// Copies the factors of a model; `base` is the `base_hash` of its weights. Tied weights that share factors get a copy
/// each. Throws `Error` if no weight has factors, or one is adapted in another way.
template <Scalar T>
[[nodiscard]] LoraAdapter<T> take_lora(const WeightList<T>& weights, const std::string& base);

/// Puts the factors upon a model's weights as LoRA and returns their leaves. Tied weights get what the list has for
/// each. Throws `Error`, and changes nothing, if one does not fit.
template <Scalar T>
ParameterList<T> attach_factors(const std::vector<NamedFactors<T>>& factors, const WeightList<T>& weights,
                                Route route = Route::factored);

/// `attach_factors` of an adapter. Throws `Error`, and changes nothing, if the adapter names another base.
template <Scalar T>
ParameterList<T> attach_adapter(const LoraAdapter<T>& adapter, const WeightList<T>& weights,
                                Route route = Route::factored);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/lora_adapter_inl.hpp>
#endif
