// SPDX-License-Identifier: MIT
/// @file
/// How the header of a safetensors file is read.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/foreign_file.hpp>
#include <ampsft/io/detail/safetensors_header.hpp>
#include <ampsft/io/detail/shape.hpp>
#include <ampsft/io/json_text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// A whole number of the header, at most what `Index` holds.
[[nodiscard]] inline Index checked_extent(const nlohmann::json& value, const std::string& source) {
  require(value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<Index>::max(), source,
          ": shape and data_offsets must be arrays of whole numbers from 0 to 2^63 - 1");
  return value.get<Index>();
}

/// The value of `key`, which must be an array.
[[nodiscard]] inline const nlohmann::json& checked_array(const nlohmann::json& object, const char* key,
                                                         const std::string& source) {
  const auto found = object.find(key);
  require(found != object.end() && found->is_array(), source, ": ", key, " is missing or not an array");
  return *found;
}

/// `source` begins every message; `data_size` is the size of the data area.
[[nodiscard]] inline SafetensorsEntry parse_safetensors_entry(const std::string& name, const nlohmann::json& value,
                                                              std::size_t data_size, const std::string& source) {
  require(value.is_object(), source, ": it must be described by an object");
  SafetensorsEntry entry{.name = name, .dtype = {}, .shape = {}};

  const auto dtype = value.find("dtype");
  require(dtype != value.end() && dtype->is_string(), source, ": dtype is missing or not a string");
  entry.dtype = dtype->get<std::string>();
  const std::size_t bits = safetensors_dtype_bits(entry.dtype);
  require(bits > 0, source, ": unknown dtype ", quoted(entry.dtype), "; supported are F64, F32, BF16, F16, I64");

  for (const auto& extent : checked_array(value, "shape", source)) {
    entry.shape.push_back(checked_extent(extent, source));
  }
  const auto& offsets = checked_array(value, "data_offsets", source);
  require(offsets.size() == 2, source, ": data_offsets must hold two numbers");
  entry.begin = static_cast<std::size_t>(checked_extent(offsets[0], source));
  entry.end = static_cast<std::size_t>(checked_extent(offsets[1], source));
  require(entry.begin <= entry.end && entry.end <= data_size, source, ": its bytes ", entry.begin, " to ", entry.end,
          " do not lie in the data area of ", data_size, " bytes");

  const auto count = static_cast<std::size_t>(checked_size(entry.shape, source));
  const std::size_t size = entry.end - entry.begin;
  require(count <= std::numeric_limits<std::size_t>::max() / bits && count * bits == size * 8, source, ": the shape ",
          shape_text(entry.shape), " of ", entry.dtype, " does not fit its ", size, " bytes");
  return entry;
}

[[nodiscard]] inline std::map<std::string, std::string> parse_safetensors_metadata(const nlohmann::json& value,
                                                                                   const std::string& source) {
  require(value.is_object(), source, ": __metadata__ must be an object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    require(text.is_string(), source, ": the value of __metadata__ ", quoted(key), " must be a string");
    metadata.emplace(key, text.get<std::string>());
  }
  return metadata;
}

AMPSFT_HEADER_INLINE SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                                                const std::string& source) {
  std::uint64_t text_size = 0;
  require(file.size() >= sizeof(text_size), source, ": ", file.size(), " bytes are too few for a safetensors file");
  std::memcpy(&text_size, file.data(), sizeof(text_size));
  if (text_size > file.size() - sizeof(text_size)) {  // not before: a header may well be as long as "<!" in numbers
    const std::string_view words = foreign_file(file);
    require(words.empty(), source, " is no safetensors file: ", words);
  }
  require(text_size <= safetensors_header_limit, source, ": its header claims ", text_size, " bytes, more than the ",
          safetensors_header_limit, " that the format allows");
  const std::size_t rest = file.size() - sizeof(text_size);
  require(text_size <= rest, source, ": its header claims ", text_size, " bytes, but only ", rest, " follow");

  SafetensorsHeader header;
  header.text_size = static_cast<std::size_t>(text_size);
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + sizeof(text_size), header.text_size);
  constexpr int depth = 3;  // file, tensor, shape
  const nlohmann::json root = parse_json(text, source, depth);
  require(root.is_object(), source, ": its header is not a JSON object");
  const std::size_t data_size = rest - header.text_size;
  for (const auto& [name, value] : root.items()) {
    if (name == "__metadata__") {
      header.metadata = parse_safetensors_metadata(value, source);
    } else {
      const std::string tensor = concat(source, ": tensor ", quoted(name));
      header.entries.push_back(parse_safetensors_entry(name, value, data_size, tensor));
    }
  }

  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::size_t covered = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    require(entry.begin == covered, source, ": tensor ", quoted(entry.name), " begins at byte ", entry.begin,
            " of the data, where byte ", covered, " was expected; tensors must neither overlap nor leave gaps");
    covered = entry.end;
  }
  require(covered == data_size, source, ": its tensors end at byte ", covered, " of ", data_size, " bytes of data");
  return header;
}

}  // namespace ampsft::detail
