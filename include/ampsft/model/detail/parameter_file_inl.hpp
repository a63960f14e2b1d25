// SPDX-License-Identifier: MIT
/// @file
/// Bodies of parameter_file.hpp.
#pragma once

#include <ampsft/autograd/parameter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/model/parameter_file.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ampsft {

template <Scalar T>
void save_parameters(const std::filesystem::path& path, const ParameterList<T>& parameters,
                     const std::map<std::string, std::string>& metadata, DType dtype) {
  SafetensorsWriter writer;
  for (const auto& [key, value] : metadata) {
    writer.set_metadata(key, value);
  }
  for (const auto* parameter : parameters) {
    const Index width = cols(parameter->value);
    const auto shape =
        parameter->is_vector ? std::vector<Index>{width} : std::vector<Index>{rows(parameter->value), width};
    writer.add(parameter->name, dtype, shape, parameter->value);
  }
  writer.write(path);
}

template <Scalar T>
void load_parameters(const SafetensorsFile& file, const ParameterList<T>& parameters) {
  file.verify_checksum();
  std::vector<Matrix<T>> values;
  for (const auto* parameter : parameters) {
    values.push_back(make_matrix<T>(rows(parameter->value), cols(parameter->value)));
    file.read_into(parameter->name, values.back());
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i]->value = std::move(values[i]);
  }
}

AMPSFT_INSTANCE(void save_parameters(const std::filesystem::path&, const ParameterList<float>&,
                                     const std::map<std::string, std::string>&, DType));

AMPSFT_INSTANCE(void save_parameters(const std::filesystem::path&, const ParameterList<double>&,
                                     const std::map<std::string, std::string>&, DType));

AMPSFT_INSTANCE(void load_parameters(const SafetensorsFile&, const ParameterList<float>&));
AMPSFT_INSTANCE(void load_parameters(const SafetensorsFile&, const ParameterList<double>&));

}  // namespace ampsft
