// SPDX-License-Identifier: MIT
/// @file
/// Where each parameter of a model lies in the files of its family, and whether all of them are there.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/model/config.hpp>
#include <ampsft/model/families/family.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// Which names a file gives its tensors.
enum class TensorNaming { huggingface, gguf };

/// One parameter and the part of a stored tensor that holds it.
struct TensorSource {
  std::string name;                 ///< the library's, say "blocks.0.attention.q.weight"
  std::vector<Index> shape;         ///< the parameter's: outputs x inputs, or the length of a vector
  std::string source;               ///< the stored tensor's name
  std::vector<Index> source_shape;  ///< what the stored tensor must have
  bool transposed = false;          ///< stored as inputs x outputs (GPT-2's Conv1D)
  Index first = 0;                  ///< first row, or element of a vector, in the stored tensor once it is transposed
  double offset = 0;                ///< added to what is stored
};

/// The names of a family's tensors in a kind of files.
[[nodiscard]] AMPSFT_HEADER_INLINE const TensorNames& names_of_family(const ModelConfig& config, TensorNaming naming);

/// Where the parameters of a model of this config lie, in the order of the computation; a tied LM head is left out.
/// `prefix` stands before all names but the head's: the family's own, unless a folder was written without it.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<TensorSource> tensor_sources(const ModelConfig& config,
                                                                            TensorNaming naming,
                                                                            std::string_view prefix);

/// The same with the family's own prefix.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<TensorSource> tensor_sources(const ModelConfig& config,
                                                                            TensorNaming naming);

/// The sources of a model's parameters in a GGUF file, all checked.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<TensorSource> find_tensors(const ModelConfig& config,
                                                                          const GgufFile& file);

/// The tensors of a Hugging Face folder, from the files that transformers reads: `model.safetensors` where it is there,
/// else all shards. A folder may hold other files beside them.
[[nodiscard]] AMPSFT_HEADER_INLINE ModelTensors open_folder_tensors(const std::filesystem::path& folder);

/// What stands before the names of a folder's tensors: the family's prefix, or nothing.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string huggingface_prefix(const ModelConfig& config,
                                                                  const ModelTensors& tensors);

/// The sources of a model's parameters in safetensors files, all checked.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<TensorSource> find_tensors(const ModelConfig& config,
                                                                          const ModelTensors& tensors);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/tensor_sources_inl.hpp>
#endif
