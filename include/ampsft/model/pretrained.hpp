// SPDX-License-Identifier: MIT
/// @file
/// Models from Hugging Face folders and GGUF files.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/model/load_options.hpp>
#include <ampsft/model/transformer.hpp>

#include <filesystem>

namespace ampsft {

/// The model in a Hugging Face folder (config.json and safetensors files) or a GGUF file.
///
/// Each tensor is read straight into its parameter, and its pages are given back, so memory never holds the model
/// twice; frozen forms never hold it in `T` at all. With `as_stored` the file stays mapped as long as a weight does;
/// GPT-2's matrices in safetensors files lie transposed and are kept in `T`, frozen.
/// Throws `Error` that names the file and the tensor: for an architecture that is not supported, a tensor that is
/// missing, extra, of another shape, or of a type that cannot be read; and for bf16 weights of a model in double.
template <Scalar T = float>
[[nodiscard]] Transformer<T> load_pretrained(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/pretrained_inl.hpp>
#endif
