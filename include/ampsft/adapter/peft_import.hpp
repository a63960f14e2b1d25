// SPDX-License-Identifier: MIT
/// @file
/// LoRA adapters of Hugging Face's PEFT: run as they are, or projected to scores.
#pragma once

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/adapter/detail/peft_config.hpp>
#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/adapter/lora_adapter.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/safetensors.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

/// One module's factors: `A` as `r x d` and `L` as `n x r`, whichever way the file has them.
template <Scalar T>
[[nodiscard]] LoraFactors<T> read_factors(const SafetensorsFile& file, const std::string& module, bool embedding);

}  // namespace detail

/// Reads a PEFT LoRA folder for a model of this config: `A`, `L` and the scale for each weight, fused q, k and v apart.
///
/// Throws `Error` that names file and tensor for what is damaged, does not fit the model, or is no plain LoRA (DoRA,
/// biases, modules saved whole, patterns that are regular expressions).
template <Scalar T = float>
[[nodiscard]] std::vector<NamedFactors<T>> read_peft(const std::filesystem::path& folder, const ModelConfig& config);

/// The scores that come nearest to the factors over the given bases, ``S = scale L (A B')``, and what they lose; `base`
/// is the `base_hash` of the model. Throws `Error` if a basis is missing. Cost: `2 r (d K + n K)` a weight; no matrix
/// of the weights' size is made.
template <Scalar T>
[[nodiscard]] ProjectedAdapter<T> project_factors(const std::vector<NamedFactors<T>>& factors, const BasisSet<T>& bases,
                                                  const std::string& base);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/peft_import_inl.hpp>
#endif
