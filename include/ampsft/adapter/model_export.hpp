// SPDX-License-Identifier: MIT
/// @file
/// A model as a Hugging Face folder that is made from its own config, for models that came from elsewhere.
#pragma once

#include <ampsft/adapter/merged_export.hpp>
#include <ampsft/adapter/peft_export.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/io/writable.hpp>
#include <ampsft/model/gguf_config.hpp>
#include <ampsft/model/huggingface_config.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer_writer.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace ampsft {

namespace detail {

/// All tensors of a model by the names that a Hugging Face folder gives them.
template <Scalar T>
[[nodiscard]] std::map<std::string, Matrix<T>> huggingface_tensors(Transformer<T>& model, const ModelConfig& config,
                                                                   const std::vector<TensorSource>& sources,
                                                                   const OnTensors& on_tensors);

}  // namespace detail

/// Writes `config.json` and `model.safetensors`, with all tensors as `dtype`, into the folder `to`, which is made if it
/// is not there. `config` is what the model was made of, from a GGUF file or a folder.
///
/// Weights may be parameterised in any way; a head that was tied and has become another matrix is written, and the
/// config says so. Rows of q and k are put in the order of Hugging Face's files. `on_tensors` sees parameters being
/// "merged", then the writer's stages. Throws `Error` as `huggingface_config_json` does, if the config is another
/// model's, and if a file cannot be written. Memory: the weights once, in `T`.
template <Scalar T>
void export_model(const std::filesystem::path& to, Transformer<T>& model, const ModelConfig& config,
                  DType dtype = DType::f32, const OnTensors& on_tensors = nullptr);

/// `export_model` of a model that came from the GGUF file `from`, with the tokenizer, the template of chats and the
/// special tokens of that file as Hugging Face's files. Throws `Error` as `export_model` and
/// `huggingface_tokenizer_files` do, the latter before anything is written.
template <Scalar T>
void export_gguf_model(const std::filesystem::path& to, const std::filesystem::path& from, Transformer<T>& model,
                       DType dtype = DType::f32, const OnTensors& on_tensors = nullptr);

/// `export_model` of a model that came from the Hugging Face folder `from`, gains and biases as they are now, with that
/// folder's other files beside its weights. Without a `dtype` the tensors are stored as that folder's embedding.
/// Throws `Error` as `export_model` does, and if the folder cannot be read.
template <Scalar T>
void export_folder_model(const std::filesystem::path& to, const std::filesystem::path& from, Transformer<T>& model,
                         const ModelConfig& config, std::optional<DType> dtype = {},
                         const OnTensors& on_tensors = nullptr);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/model_export_inl.hpp>
#endif
