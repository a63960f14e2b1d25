// SPDX-License-Identifier: MIT
/// @file
/// Which matrices something was computed from, by name, shape and a hash of their values.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/safetensors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ampsft {

/// One matrix: what tells whether two computations had the same one.
struct SourceMatrix {
  std::string name;
  Index rows = 0;
  Index cols = 0;
  std::string hash;  ///< 16 hexadecimal digits

  bool operator==(const SourceMatrix&) const = default;
};

/// 16 hexadecimal digits.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string hash_text(std::uint64_t hash);

/// A hash of all matrices, whatever their order.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string source_hash(std::vector<SourceMatrix> matrices);

namespace detail {

[[nodiscard]] AMPSFT_HEADER_INLINE nlohmann::json to_json(const std::vector<SourceMatrix>& matrices);

[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<SourceMatrix> source_matrices(const nlohmann::json& list);

}  // namespace detail

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/source_inl.hpp>
#endif
