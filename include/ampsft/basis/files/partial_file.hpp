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
[[nodiscard]] AMPSFT_HEADER_INLINE Matrix<double> pack_lower(const Matrix<double>& square);

[[nodiscard]] AMPSFT_HEADER_INLINE Matrix<double> unpack_lower(const Matrix<double>& packed, Index width);

inline constexpr const char* partial_key = "ampsft.partial";

}  // namespace detail

/// Writes moments as safetensors, atomically: `<stack>.mean` (F64, `d`), `<stack>.scatter` (F64, the lower triangle by
/// rows, `d (d + 1) / 2`), counts, energies and the matrices in the metadata "ampsft.partial". Memory: the scatter
/// once more.
template <Scalar T>
void save_partial(const std::filesystem::path& path, const std::vector<StackMoments<T>>& stacks);

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
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<PartialStack> partial_stacks(const SafetensorsFile& file);

/// The moments of one of them; throws `Error` that names the file if they are none.
template <Scalar T>
[[nodiscard]] StackMoments<T> read_moments(const SafetensorsFile& file, const PartialStack& stack);

}  // namespace detail

/// Reads what `save_partial` wrote. Throws `Error` that names the file if it is no such file, is damaged, or holds what
/// cannot be moments.
template <Scalar T>
[[nodiscard]] std::vector<StackMoments<T>> load_partial(const std::filesystem::path& path);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/files/detail/partial_file_inl.hpp>
#endif
