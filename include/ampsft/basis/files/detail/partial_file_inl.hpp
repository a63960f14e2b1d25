// SPDX-License-Identifier: MIT
/// @file
/// Bodies of partial_file.hpp.
#pragma once

#include <ampsft/basis/detail/read_metadata.hpp>
#include <ampsft/basis/files/partial_file.hpp>
#include <ampsft/basis/stack_moments.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE Matrix<double> pack_lower(const Matrix<double>& square) {
  const Index width = rows(square);
  Matrix<double> packed = make_matrix<double>(1, width * (width + 1) / 2);
  double* to = packed.data();
  for (Index row = 0; row < width; ++row) {
    to = std::copy_n(square.data() + row * width, row + 1, to);
  }
  return packed;
}

AMPSFT_HEADER_INLINE Matrix<double> unpack_lower(const Matrix<double>& packed, Index width) {
  Matrix<double> square = make_matrix<double>(width, width, 0.0);
  const double* from = packed.data();
  for (Index row = 0; row < width; ++row) {
    std::copy_n(from, row + 1, square.data() + row * width);
    from += row + 1;
  }
  return square;
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
void save_partial(const std::filesystem::path& path, const std::vector<StackMoments<T>>& stacks) {
  SafetensorsWriter writer;
  std::deque<Matrix<double>> packed;  // the writer keeps views
  nlohmann::json json = {{"version", 1}, {"stacks", nlohmann::json::object()}};
  for (const auto& [stack, gram, matrices] : stacks) {
    json["stacks"][stack] = {{"width", gram.width()},
                             {"count", gram.count()},
                             {"raw_energy", gram.raw_energy()},
                             {"matrices", detail::to_json(matrices)}};
    writer.add(stack + ".mean", DType::f64, {gram.width()}, gram.mean());
    const auto& triangle = packed.emplace_back(detail::pack_lower(gram.lower_scatter()));
    writer.add(stack + ".scatter", DType::f64, {cols(triangle)}, triangle);
  }
  writer.set_metadata(detail::partial_key, json_text(json));
  writer.write(path);
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::vector<PartialStack> partial_stacks(const SafetensorsFile& file) {
  return read_metadata(file, partial_key, "partial results", [&](const nlohmann::json& json) {
    std::vector<PartialStack> stacks;
    for (const auto& [name, entry] : json.at("stacks").items()) {
      PartialStack stack{.stack = name,
                         .width = integer_at(entry, "width"),
                         .count = integer_at(entry, "count"),
                         .raw_energy = entry.at("raw_energy").get<double>(),
                         .matrices = source_matrices(entry.at("matrices"))};
      Index left = stack.count;
      for (const auto& matrix : stack.matrices) {
        require(matrix.rows >= 1 && matrix.rows <= left && matrix.cols == stack.width, file.path(), ": '", name,
                "' has ", stack.count, " rows of width ", stack.width, ", which are not those of its matrices");
        left -= matrix.rows;
      }
      require(left == 0, file.path(), ": '", name, "' has ", stack.count, " rows, which are not those of its matrices");
      stacks.push_back(std::move(stack));
    }
    return stacks;
  });
}

template <Scalar T>
StackMoments<T> read_moments(const SafetensorsFile& file, const PartialStack& stack) {
  const Index width = stack.width;
  Matrix<double> mean = file.read_matrix<double>(stack.stack + ".mean");
  const Matrix<double> packed = file.read_matrix<double>(stack.stack + ".scatter");
  require(rows(mean) == 1 && cols(mean) == width && rows(packed) == 1 && cols(packed) == width * (width + 1) / 2,
          file.path(), ": mean or scatter of '", stack.stack, "' do not fit its width of ", width);
  try {
    return {.stack = stack.stack,
            .gram = GramAccumulator<T>::restored(stack.count, std::move(mean), unpack_lower(packed, width),
                                                 stack.raw_energy),
            .matrices = stack.matrices};
  } catch (const Error& error) {
    fail(file.path(), ": '", stack.stack, "': ", error.what());
  }
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
std::vector<StackMoments<T>> load_partial(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  std::vector<StackMoments<T>> moments;
  for (const auto& stack : detail::partial_stacks(file)) {
    moments.push_back(detail::read_moments<T>(file, stack));
  }
  return moments;
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(StackMoments<float> read_moments(const SafetensorsFile& file, const PartialStack& stack));
AMPSFT_INSTANCE(StackMoments<double> read_moments(const SafetensorsFile& file, const PartialStack& stack));

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(void save_partial(const std::filesystem::path&, const std::vector<StackMoments<float>>&));
AMPSFT_INSTANCE(void save_partial(const std::filesystem::path&, const std::vector<StackMoments<double>>&));
AMPSFT_INSTANCE(std::vector<StackMoments<float>> load_partial(const std::filesystem::path&));
AMPSFT_INSTANCE(std::vector<StackMoments<double>> load_partial(const std::filesystem::path&));

}  // namespace ampsft
