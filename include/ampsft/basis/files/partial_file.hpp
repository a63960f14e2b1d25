// SPDX-License-Identifier: MIT
/// @file
/// Moments of stacks as a file, so that separate processes can each read some shards and one joins what they found.
#pragma once

#include <ampsft/basis/stack_moments.hpp>
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

namespace ampsft {

namespace detail {

/// Rows of the lower triangle, one after the other: `1 x d (d + 1) / 2`.
[[nodiscard]] inline Matrix<double> pack_lower(const Matrix<double>& square) {
  const Index width = rows(square);
  Matrix<double> packed = make_matrix<double>(1, width * (width + 1) / 2);
  double* to = packed.data();
  for (Index row = 0; row < width; ++row) {
    to = std::copy_n(square.data() + row * width, row + 1, to);
  }
  return packed;
}

[[nodiscard]] inline Matrix<double> unpack_lower(const Matrix<double>& packed, Index width) {
  Matrix<double> square = make_matrix<double>(width, width, 0.0);
  const double* from = packed.data();
  for (Index row = 0; row < width; ++row) {
    std::copy_n(from, row + 1, square.data() + row * width);
    from += row + 1;
  }
  return square;
}

inline constexpr const char* partial_key = "ampsft.partial";

}  // namespace detail

/// Writes moments as safetensors, atomically: `<stack>.mean` (F64, `d`), `<stack>.scatter` (F64, the lower triangle by
/// rows, `d (d + 1) / 2`), counts, energies and the matrices in the metadata "ampsft.partial". Memory: the scatter
/// once more.
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

/// What a partial file says of one stack.
struct PartialStack {
  std::string stack;
  Index width = 0;
  Index count = 0;  ///< rows
  double raw_energy = 0.0;
  std::vector<SourceMatrix> matrices = {};
};

namespace detail {

/// The stacks of a file; throws `Error` that names the file unless its metadata are those of a partial file.
[[nodiscard]] inline std::vector<PartialStack> partial_stacks(const SafetensorsFile& file) {
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

/// The moments of one of them; throws `Error` that names the file if they are none.
template <Scalar T>
[[nodiscard]] StackMoments<T> read_moments(const SafetensorsFile& file, const PartialStack& stack) {
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

}  // namespace detail

/// Reads what `save_partial` wrote. Throws `Error` that names the file if it is no such file, is damaged, or holds what
/// cannot be moments.
template <Scalar T>
[[nodiscard]] std::vector<StackMoments<T>> load_partial(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  std::vector<StackMoments<T>> moments;
  for (const auto& stack : detail::partial_stacks(file)) {
    moments.push_back(detail::read_moments<T>(file, stack));
  }
  return moments;
}

AMPSFT_INSTANCE(void save_partial(const std::filesystem::path&, const std::vector<StackMoments<float>>&));
AMPSFT_INSTANCE(void save_partial(const std::filesystem::path&, const std::vector<StackMoments<double>>&));
AMPSFT_INSTANCE(std::vector<StackMoments<float>> load_partial(const std::filesystem::path&));
AMPSFT_INSTANCE(std::vector<StackMoments<double>> load_partial(const std::filesystem::path&));

}  // namespace ampsft
