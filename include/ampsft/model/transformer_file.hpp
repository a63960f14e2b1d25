// SPDX-License-Identifier: MIT
/// @file
/// A whole dense model in one safetensors file, its config in the metadata.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/shape.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/model/config_json.hpp>
#include <ampsft/model/parameter_file.hpp>
#include <ampsft/model/parameter_shapes.hpp>
#include <ampsft/model/transformer.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {
/// Writes a model whose weights are all dense. Throws `Error` for another, or if the file cannot be written.
template <Scalar T>
void save_transformer(const std::filesystem::path& path, Transformer<T>& model);

/// Reads a model that `save_transformer` wrote, in any float type.
///
/// Throws `Error` if the file is no such model, is corrupted, or its tensors do not fit its config; the sizes in the
/// config are checked against the file before memory is taken.
template <Scalar T>
[[nodiscard]] Transformer<T> load_transformer(const std::filesystem::path& path);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/transformer_file_inl.hpp>
#endif
