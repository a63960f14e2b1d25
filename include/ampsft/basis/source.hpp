// SPDX-License-Identifier: MIT
/// @file
/// Which matrices something was computed from, by name, shape and a hash of their values.
#pragma once

#include <ampsft/core/compat/json.hpp>
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
[[nodiscard]] inline std::string hash_text(std::uint64_t hash) {
  return detail::checksum_digits(hash);
}

/// A hash of all matrices, whatever their order.
[[nodiscard]] inline std::string source_hash(std::vector<SourceMatrix> matrices) {
  std::sort(matrices.begin(), matrices.end(),
            [](const auto& a, const auto& b) { return a.name != b.name ? a.name < b.name : a.hash < b.hash; });
  Checksum checksum;
  for (const auto& [name, rows, cols, hash] : matrices) {
    const std::string line = concat(name, '\0', rows, '\0', cols, '\0', hash, '\n');
    checksum.update(std::as_bytes(std::span(line)));
  }
  return hash_text(checksum.value());
}

namespace detail {

[[nodiscard]] inline nlohmann::json to_json(const std::vector<SourceMatrix>& matrices) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [name, rows, cols, hash] : matrices) {
    list.push_back({{"name", name}, {"rows", rows}, {"cols", cols}, {"hash", hash}});
  }
  return list;
}

[[nodiscard]] inline std::vector<SourceMatrix> source_matrices(const nlohmann::json& list) {
  std::vector<SourceMatrix> matrices;
  for (const auto& one : list) {
    matrices.push_back({.name = one.at("name").get<std::string>(),
                        .rows = integer_at(one, "rows"),
                        .cols = integer_at(one, "cols"),
                        .hash = one.at("hash").get<std::string>()});
  }
  return matrices;
}

/// What `read(json)` makes of the JSON text under a key of a file's metadata. Throws `Error` that names the file if the
/// key is missing (`what` says what the file is not) or the text is not what it should be.
template <class Read>
auto read_metadata(const SafetensorsFile& file, const std::string& key, const std::string& what, Read&& read) {
  const auto text = file.metadata().find(key);
  require(text != file.metadata().end(), file.path(), " is no file of ", what, ": its metadata holds no ", quoted(key));
  const nlohmann::json json = parse_json(text->second, concat(file.path(), ": its metadata ", quoted(key)), 16);
  try {
    require(integer_at(json, "version") == 1, file.path(), " is a file of ", what,
            " of another version than 1; write it anew with this version of ampsft");
    return read(json);
  } catch (const nlohmann::json::exception& error) {
    fail(file.path(), ": its metadata ", quoted(key), " is not what it should be (", one_line(error.what()), ")");
  }
}

}  // namespace detail

}  // namespace ampsft
