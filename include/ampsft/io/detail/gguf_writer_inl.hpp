// SPDX-License-Identifier: MIT
/// @file
/// How GGUF files are written.
#pragma once

#include <ampsft/core/dequantize.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/detail/gguf_header.hpp>
#include <ampsft/io/gguf_writer.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void append_counted(std::string& bytes, std::string_view text) {
  append_number(bytes, static_cast<std::uint64_t>(text.size()));
  bytes.append(text);
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE void GgufWriter::write(const std::filesystem::path& path) const {
  const std::string head = head_bytes();
  write_atomically(path, [&](AtomicFile& file) {
    file.write(head);
    for (const Item& tensor : tensors_) {
      try {
        write_numbers(file, tensor);
      } catch (const Error& error) {
        fail("cannot write ", path, ": tensor ", detail::quoted(tensor.name), ": ", error.what());
      }
    }
  });
}

AMPSFT_HEADER_INLINE std::string& GgufWriter::begin_pair(const std::string& key, GgufKind kind) {
  require(key != detail::gguf_alignment_key, "the metadata key ", detail::quoted(key), " is the writer's own");
  require(keys_.insert(key).second, "the metadata ", detail::quoted(key), " was set before; keys must differ");
  detail::append_counted(metadata_, key);
  detail::append_number(metadata_, static_cast<std::uint32_t>(kind));
  return metadata_;
}

AMPSFT_HEADER_INLINE std::string& GgufWriter::begin_array(const std::string& key, GgufKind element, std::size_t count) {
  std::string& bytes = begin_pair(key, GgufKind::array);
  detail::append_number(bytes, static_cast<std::uint32_t>(element));
  detail::append_number(bytes, static_cast<std::uint64_t>(count));
  return bytes;
}

AMPSFT_HEADER_INLINE std::string GgufWriter::head_bytes() const {
  constexpr std::uint32_t version = 3;
  std::string head = "GGUF";
  detail::append_number(head, version);
  detail::append_number(head, static_cast<std::uint64_t>(tensors_.size()));
  detail::append_number(head, static_cast<std::uint64_t>(keys_.size()));
  head += metadata_;
  std::uint64_t offset = 0;
  for (const Item& tensor : tensors_) {
    detail::append_counted(head, tensor.name);
    detail::append_number(head, static_cast<std::uint32_t>(tensor.shape.size()));
    for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent) {
      detail::append_number(head, static_cast<std::uint64_t>(*extent));
    }
    detail::append_number(head, detail::gguf_number_of(tensor.format));
    detail::append_number(head, offset);
    offset += tensor.bytes() + padding(tensor.bytes());
  }
  return head.append(padding(head.size()), '\0');
}

AMPSFT_HEADER_INLINE void GgufWriter::write_numbers(AtomicFile& file, const Item& tensor) {
  constexpr std::size_t piece = std::size_t{1} << 17U;  // numbers, whole blocks of every format
  const BlockSize size = block_size(tensor.format);
  std::vector<std::byte> buffer;
  std::visit(
      [&]<class T>(std::span<const T> values) {
        for (std::size_t i = 0; i < values.size(); i += piece) {
          const auto part = values.subspan(i, std::min(piece, values.size() - i));
          buffer.resize(part.size() / size.numbers * size.bytes);
          quantize(tensor.format, part, std::span(buffer));
          file.write(buffer);
        }
      },
      tensor.values);
  file.write(std::string(padding(tensor.bytes()), '\0'));
}

}  // namespace ampsft
