// SPDX-License-Identifier: MIT
/// @file
/// How the head of a GGUF file is read.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/foreign_file.hpp>
#include <ampsft/io/detail/gguf_header.hpp>
#include <ampsft/io/detail/shape.hpp>
#include <ampsft/io/gguf_value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::uint64_t gguf_alignment(const GgufHeader& header, const std::string& source) {
  const auto found = header.metadata.find(gguf_alignment_key);
  if (found == header.metadata.end()) {
    return gguf_default_alignment;
  }
  const auto value = static_cast<std::uint64_t>(found->second.integer(0));
  require(value >= 1 && value <= gguf_alignment_limit && (value & (value - 1)) == 0, source, ": its alignment is ",
          value, ", but must be a power of two up to ", gguf_alignment_limit);
  return value;
}

AMPSFT_HEADER_INLINE std::uint64_t parse_gguf_tensor(ByteReader& reader, GgufEntry& entry, const std::string& source) {
  const auto extents = reader.number<std::uint32_t>("a tensor's number of extents");
  require(extents >= 1 && extents <= gguf_extent_limit, source, " has ", extents, " extents; GGUF allows 1 to ",
          gguf_extent_limit);
  for (std::uint32_t i = 0; i < extents; ++i) {
    const auto extent = reader.number<std::uint64_t>("a tensor's extent");
    require(std::in_range<Index>(extent), source, ": its extent ", extent, " is too large");
    entry.shape.insert(entry.shape.begin(), static_cast<Index>(extent));
  }
  const auto number = reader.number<std::uint32_t>("a tensor's type");
  entry.type = find_gguf_tensor_type(number);
  require(entry.type != nullptr, source, " is of type ", number, ", which is unknown; supported are ",
          block_format_list());
  return reader.number<std::uint64_t>("a tensor's offset");
}

AMPSFT_HEADER_INLINE std::size_t gguf_tensor_bytes(const GgufEntry& entry, const std::string& source) {
  const auto count = static_cast<std::size_t>(checked_size(entry.shape, source));
  const BlockSize size = entry.type->size;
  require(static_cast<std::size_t>(entry.shape.back()) % size.numbers == 0, source, ": rows of ", entry.shape.back(),
          " numbers do not fill whole blocks of ", entry.type->name, ", which hold ", size.numbers, " each");
  const std::size_t blocks = count / size.numbers;
  require(blocks <= std::numeric_limits<std::size_t>::max() / size.bytes, source, ": the shape ",
          shape_text(entry.shape), " is too large");
  return blocks * size.bytes;
}

AMPSFT_HEADER_INLINE GgufHeader parse_gguf_header(std::span<const std::byte> file, const std::string& source) {
  ByteReader reader(file, source);
  const auto magic = reader.take(4, "the magic number");
  const std::string_view words = foreign_file(file);
  require(words.empty() || words.starts_with("it is a GGUF file"), source, ": it is no GGUF file: ", words);
  require(std::string_view(reinterpret_cast<const char*>(magic.data()), magic.size()) == "GGUF", source,
          ": it is no GGUF file (it does not begin with \"GGUF\")");
  GgufHeader header;
  header.version = reader.number<std::uint32_t>("the version");
  require(header.version == 0 || (header.version & 0xffffU) != 0, source,
          ": it is a big-endian GGUF file; convert it to little-endian");
  require(header.version == 2 || header.version == 3, source, ": its GGUF version is ", header.version,
          "; supported are 2 and 3");
  const auto tensors = reader.number<std::uint64_t>("the number of tensors");
  const auto pairs = reader.number<std::uint64_t>("the number of metadata");
  require(tensors <= gguf_tensor_limit && pairs <= gguf_metadata_limit, source, ": it claims ", tensors,
          " tensors and ", pairs, " metadata; at most ", gguf_tensor_limit, " and ", gguf_metadata_limit,
          " are believed");

  for (std::uint64_t i = 0; i < pairs; ++i) {
    const std::string_view key = reader.text("a metadata key");
    const GgufValue value = GgufValue::parse(reader, key, source);
    require(header.metadata.emplace(key, value).second, source, ": the metadata ", quoted(key), " appears twice");
    header.keys.push_back(key);
  }

  std::vector<std::pair<std::uint64_t, std::string_view>> places;  // offset and name
  for (std::uint64_t i = 0; i < tensors; ++i) {
    const std::string_view name = reader.text("a tensor's name");
    const std::string tensor = concat(source, ": tensor ", quoted(name));
    GgufEntry entry;
    places.emplace_back(parse_gguf_tensor(reader, entry, tensor), name);
    header.names.emplace_back(name);
    require(header.tensors.emplace(header.names.back(), std::move(entry)).second, tensor, " appears twice");
  }

  const std::uint64_t alignment = gguf_alignment(header, source);
  const std::uint64_t begin = (reader.position() + alignment - 1) / alignment * alignment;
  // A file without tensors may end before the data area would begin.
  const auto data = file.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(begin, file.size())));
  std::sort(places.begin(), places.end());
  std::uint64_t covered = 0;
  for (const auto& [offset, name] : places) {
    GgufEntry& entry = header.tensors.at(std::string(name));
    const std::string tensor = concat(source, ": tensor ", quoted(name));
    const std::size_t size = gguf_tensor_bytes(entry, tensor);
    require(offset % alignment == 0, tensor, " begins at byte ", offset, " of the data, which is no multiple of ",
            alignment);
    require(offset >= covered, tensor, " begins at byte ", offset, " of the data, inside of another that ends at ",
            covered);
    require(offset <= data.size() && size <= data.size() - offset, tensor, ": its ", size, " bytes at byte ", offset,
            " do not lie in the data area of ", data.size(), " bytes");
    entry.bytes = data.subspan(static_cast<std::size_t>(offset), size);
    covered = offset + size;
  }
  return header;
}

}  // namespace ampsft::detail
