// SPDX-License-Identifier: MIT
/// @file
/// Bodies of source.hpp.
#pragma once

#include <ampsft/basis/source.hpp>
#include <ampsft/core/compat/json.hpp>
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

AMPSFT_HEADER_INLINE std::string hash_text(std::uint64_t hash) {
  return detail::checksum_digits(hash);
}

AMPSFT_HEADER_INLINE std::string source_hash(std::vector<SourceMatrix> matrices) {
  std::sort(matrices.begin(), matrices.end(),
            [](const auto& a, const auto& b) { return a.name != b.name ? a.name < b.name : a.hash < b.hash; });
  Checksum checksum;
  for (const auto& [name, rows, cols, hash] : matrices) {
    const std::string line = concat(name, '\0', rows, '\0', cols, '\0', hash, '\n');
    checksum.update(std::as_bytes(std::span(line)));
  }
  return hash_text(checksum.value());
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_HEADER_INLINE nlohmann::json to_json(const std::vector<SourceMatrix>& matrices) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [name, rows, cols, hash] : matrices) {
    list.push_back({{"name", name}, {"rows", rows}, {"cols", cols}, {"hash", hash}});
  }
  return list;
}

AMPSFT_HEADER_INLINE std::vector<SourceMatrix> source_matrices(const nlohmann::json& list) {
  std::vector<SourceMatrix> matrices;
  for (const auto& one : list) {
    matrices.push_back({.name = one.at("name").get<std::string>(),
                        .rows = integer_at(one, "rows"),
                        .cols = integer_at(one, "cols"),
                        .hash = one.at("hash").get<std::string>()});
  }
  return matrices;
}

}  // namespace ampsft::detail
