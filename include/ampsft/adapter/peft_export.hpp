// SPDX-License-Identifier: MIT
/// @file
/// An adapter as a folder that Hugging Face's PEFT loads as LoRA.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ampsft {

/// What a PEFT folder says of itself.
struct PeftOptions {
  std::string base_model;    ///< `base_model_name_or_path`: a folder or a name on the hub
  DType dtype = DType::f32;  ///< of both factors: F32, F16, BF16
};

namespace detail {

inline constexpr std::string_view peft_prefix = "base_model.model.";

}  // namespace detail

/// Writes `adapter_config.json` and `adapter_model.safetensors` into `folder`, which is made if it is not there: both
/// or none (`AtomicFolder`).
///
/// Of a linear layer `lora_A` is `A` (`r x d`) and `lora_B` is `L` (`n x r`), of the embedding `lora_embedding_A` is
/// `L` transposed (`r x n`) and `lora_embedding_B` is `A` transposed. Every `A` is stored once a layer, for PEFT knows
/// no sharing. `config` is that of the adapted model, whether it came from a Hugging Face folder or a GGUF file (whose
/// rows of q and k are put in order).
///
/// Where a model multiplies its token embeddings (Gemma 3, Granite), what the adapter adds to them is multiplied too.
/// PEFT does so for Gemma 3 since version 0.18; older ones leave out its `embed_scale`.
///
/// A head that is tied to the embedding gets factors of its own: PEFT then computes what we do, but PEFT must not merge
/// such an adapter, which would add both changes to the one matrix. Throws as `export_factors`, and `Error` if a file
/// cannot be written.
template <Scalar T>
void export_peft(const std::filesystem::path& folder, const std::vector<NamedFactors<T>>& changes,
                 const ModelConfig& config, const PeftOptions& options);

/// The same of an adapter of scores: `A` is the basis of the weight, `L` its scores, and the scale 1. Throws as that,
/// and `Error` for a truncated adapter.
template <Scalar T>
void export_peft(const std::filesystem::path& folder, const ScoreAdapter<T>& adapter, const ModelConfig& config,
                 const PeftOptions& options);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/peft_export_inl.hpp>
#endif
