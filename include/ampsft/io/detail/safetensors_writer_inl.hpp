// SPDX-License-Identifier: MIT
/// @file
/// How safetensors files are written.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/safetensors.hpp>
#include <ampsft/io/safetensors_writer.hpp>
#include <ampsft/io/tensor_progress.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE void SafetensorsWriter::set_metadata(const std::string& key, std::string value) {
  require(key != detail::checksum_key, "the metadata key ", detail::quoted(key), " is the writer's own");
  metadata_[key] = std::move(value);
}

AMPSFT_HEADER_INLINE void SafetensorsWriter::write(const std::filesystem::path& path,
                                                   const OnTensors& on_tensors) const {
  std::vector<const Item*> items;
  for (const Item& item : items_) {
    items.push_back(&item);
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item* a, const Item* b) { return dtype_bytes(a->dtype) > dtype_bytes(b->dtype); });

  const std::string zeros = detail::checksum_digits(0);
  Checksum checksum = detail::begin_safetensors_checksum(header_text(items, path, zeros), zeros);
  for_each_piece(items, "hashed", on_tensors, [&](std::span<const std::byte> piece) { checksum.update(piece); });

  const std::string text = header_text(items, path, detail::checksum_digits(checksum.value()));
  const std::uint64_t text_size = text.size();
  write_atomically(path, [&](AtomicFile& file) {
    file.write(std::as_bytes(std::span(&text_size, 1)));
    file.write(text);
    for_each_piece(items, "written", on_tensors, [&](std::span<const std::byte> piece) { file.write(piece); });
  });
}

AMPSFT_HEADER_INLINE void SafetensorsWriter::add_view(const std::string& name, DType dtype, std::vector<Index> shape,
                                                      Values values, std::size_t count) {
  const std::string source = concat("tensor ", detail::quoted(name));
  require(name != "__metadata__", source, ": the format keeps this name for itself");
  require(!names_.contains(name), source, " was added before; names must differ");
  require(detail::checked_size(shape, source) == static_cast<Index>(count), source, ": the shape ",
          detail::shape_text(shape), " does not fit ", count, " values");
  names_.insert(name);
  items_.push_back({name, dtype, std::move(shape), values, count});
}

AMPSFT_HEADER_INLINE std::string SafetensorsWriter::header_text(std::span<const Item* const> items,
                                                                const std::filesystem::path& path,
                                                                const std::string& digits) const {
  nlohmann::json root = nlohmann::json::object();
  root["__metadata__"] = metadata_;
  root["__metadata__"][std::string(detail::checksum_key)] = digits;
  std::size_t begin = 0;
  for (const Item* item : items) {
    const std::size_t end = begin + item->count * dtype_bytes(item->dtype);
    root[item->name] = {{"dtype", std::string(dtype_name(item->dtype))},
                        {"shape", item->shape},
                        {"data_offsets", std::array<std::size_t, 2>{begin, end}}};
    begin = end;
  }
  std::string text;
  try {
    text = json_text(root);
  } catch (const Error&) {
    fail("cannot write ", path, ": a tensor's name or the metadata is not valid UTF-8");
  }
  require(text.size() <= detail::safetensors_header_limit, "cannot write ", path, ": ", items.size(),
          " names make a header larger than the format allows");
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace ampsft
