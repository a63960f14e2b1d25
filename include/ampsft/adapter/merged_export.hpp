// SPDX-License-Identifier: MIT
/// @file
/// A model with whatever was trained merged into its weights, as a Hugging Face folder.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/io/writable.hpp>
#include <ampsft/model/huggingface_config.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ampsft {

namespace detail {

/// Throws `Error` for a folder that holds a PEFT adapter.
AMPSFT_HEADER_INLINE void require_no_adapter(const std::filesystem::path& folder);

/// Copies the files of a Hugging Face folder that say how a model is used and are not changed by training: tokenizer,
/// templates, settings, cards; all but weights and config.json.
AMPSFT_HEADER_INLINE void copy_companions(const std::filesystem::path& from, const std::filesystem::path& to);

/// The config.json of a folder, with what a merged model's says otherwise. transformers calls the format of a model's
/// tensors `torch_dtype` up to version 4.55 and `dtype` since.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string merged_config(const std::filesystem::path& from,
                                                             std::optional<DType> dtype, bool unties);

/// Puts a parameter's values (a vector is one row) into the stored tensor `into` (as it is stored) that holds it.
template <Scalar T>
void put_part(Matrix<T> values, const TensorSource& source, const ModelConfig& config, Matrix<T>& target);

/// Replaces part of a stored tensor (`values` as it is stored) by a weight of the model.
template <Scalar T>
void put_weight(const Weight<T>& weight, const TensorSource& source, const ModelConfig& config, Matrix<T>& values);

}  // namespace detail

/// Writes the model of the folder `from` into the folder `to`, with the given weights in place of its own:
/// `model.safetensors`, `config.json`, and what there is of tokenizer and generation settings.
///
/// The weights may be parameterised in any way; names tell which tensors they are. `config` is that of the model, which
/// may have been read from a GGUF file of the same weights. Tensors keep the folder's format; with `dtype` all get that
/// one, norms and biases too, and the config names it. A head that was tied to the embedding and has become another
/// matrix is written, and the config says so. `on_tensors` sees weights being "merged", then the writer's stages.
///
/// Throws `Error` if a weight is not in the folder or has another shape, `from` and `to` are one folder, or a file
/// cannot be written; nothing is written before all that can be checked is. Memory: the weights once, in `T`.
template <Scalar T>
void export_merged(const std::filesystem::path& to, const std::filesystem::path& from, const WeightList<T>& weights,
                   const ModelConfig& config, std::optional<DType> dtype = {}, const OnTensors& on_tensors = nullptr);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/merged_export_inl.hpp>
#endif
