// SPDX-License-Identifier: MIT
/// @file
/// Moments of stacks as a file, so that separate processes can each read some shards and one joins what they found.
#pragma once

#include <ampsft/basis/stack_moments.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/natural_order.hpp>
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
  writer.set_metadata(detail::partial_key, json.dump());
  writer.write(path);
}

/// Reads what `save_partial` wrote. Throws `Error` that names the file if it is no such file, is damaged, or holds what
/// cannot be moments.
template <Scalar T>
[[nodiscard]] std::vector<StackMoments<T>> load_partial(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  return detail::read_metadata(file, detail::partial_key, "partial results", [&](const nlohmann::json& json) {
    std::vector<StackMoments<T>> stacks;
    for (const auto& [name, stack] : json.at("stacks").items()) {
      const auto width = stack.at("width").template get<Index>();
      Matrix<double> mean = file.read_matrix<double>(name + ".mean");
      const Matrix<double> packed = file.read_matrix<double>(name + ".scatter");
      require(rows(mean) == 1 && cols(mean) == width && rows(packed) == 1 && cols(packed) == width * (width + 1) / 2,
              path, ": mean or scatter of '", name, "' do not fit its width of ", width);
      auto matrices = detail::source_matrices(stack.at("matrices"));
      const auto count = stack.at("count").template get<Index>();
      Index left = count;
      for (const auto& matrix : matrices) {
        require(matrix.rows >= 1 && matrix.rows <= left, path, ": '", name, "' has ", count,
                " rows, which are not those of its matrices");
        left -= matrix.rows;
      }
      require(left == 0, path, ": '", name, "' has ", count, " rows, which are not those of its matrices");
      stacks.push_back(
          {.stack = name,
           .gram = GramAccumulator<T>::restored(count, std::move(mean), detail::unpack_lower(packed, width),
                                                stack.at("raw_energy").template get<double>()),
           .matrices = std::move(matrices)});
    }
    return stacks;
  });
}

/// The moments of all files, stack by stack in the order in which they come up; one file at a time is in memory beside
/// the result. Throws as `load_partial` and `merge` do, naming the file.
template <Scalar T>
[[nodiscard]] std::vector<StackMoments<T>> merge_partials(const std::vector<std::filesystem::path>& paths) {
  require(!paths.empty(), "there are no partial results to merge");
  std::vector<StackMoments<T>> merged;
  for (const auto& path : paths) {
    for (auto& part : load_partial<T>(path)) {
      const auto known =
          std::find_if(merged.begin(), merged.end(), [&](const auto& one) { return one.stack == part.stack; });
      if (known == merged.end()) {
        merged.push_back(std::move(part));
        continue;
      }
      try {
        merge(*known, part);
      } catch (const Error& error) {
        fail(path, ": ", error.what());
      }
    }
  }
  std::sort(merged.begin(), merged.end(), [](const auto& a, const auto& b) {
    return a.gram.width() != b.gram.width() ? a.gram.width() < b.gram.width() : natural_less(a.stack, b.stack);
  });
  return merged;
}

AMPSFT_INSTANCE(void save_partial(const std::filesystem::path&, const std::vector<StackMoments<float>>&));
AMPSFT_INSTANCE(void save_partial(const std::filesystem::path&, const std::vector<StackMoments<double>>&));
AMPSFT_INSTANCE(std::vector<StackMoments<float>> load_partial(const std::filesystem::path&));
AMPSFT_INSTANCE(std::vector<StackMoments<double>> load_partial(const std::filesystem::path&));
AMPSFT_INSTANCE(std::vector<StackMoments<float>> merge_partials(const std::vector<std::filesystem::path>&));
AMPSFT_INSTANCE(std::vector<StackMoments<double>> merge_partials(const std::vector<std::filesystem::path>&));

}  // namespace ampsft
