// SPDX-License-Identifier: MIT
/// @file
/// Parameters to and from safetensors.
#pragma once

#include <ampsft/autograd/parameter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ampsft {

/// Writes the parameters' values under their names, atomically, with a checksum.
///
/// Matrices get rank 2 (outputs x inputs), vectors rank 1. Throws `Error` if the file cannot be written.
template <Scalar T>
void save_parameters(const std::filesystem::path& path, const ParameterList<T>& parameters,
                     const std::map<std::string, std::string>& metadata = {}, DType dtype = dtype_of<T>);

/// Reads the value of every parameter from the tensor of its name.
///
/// Throws `Error`, and changes nothing, if the file is corrupted, lacks a name, or has another shape. Tensors that no
/// parameter asks for are left alone.
template <Scalar T>
void load_parameters(const SafetensorsFile& file, const ParameterList<T>& parameters);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/parameter_file_inl.hpp>
#endif
