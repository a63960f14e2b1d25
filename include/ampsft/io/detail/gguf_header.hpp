// SPDX-License-Identifier: MIT
/// @file
/// The head of a GGUF file, checked against the file before anything in it is believed.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/shape.hpp>
#include <ampsft/io/gguf_value.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

// An entry takes more memory here than the few bytes that a hostile file may spend on it, so their numbers are limited,
// far above what any model has: about 30 MiB at most each.
inline constexpr std::uint64_t gguf_metadata_limit = 1U << 16U;
inline constexpr std::uint64_t gguf_tensor_limit = 1U << 17U;
inline constexpr std::uint64_t gguf_alignment_limit = 1U << 20U;
inline constexpr std::uint32_t gguf_default_alignment = 32;
inline constexpr std::uint32_t gguf_extent_limit = 4;  // ggml's
inline constexpr std::string_view gguf_alignment_key = "general.alignment";

/// One tensor's place; `shape` is row-major, the reverse of the file's order.
struct GgufEntry {
  const GgufTensorType* type = nullptr;
  std::vector<Index> shape;
  std::span<const std::byte> bytes;
};

struct GgufHeader {
  std::uint32_t version = 0;
  std::vector<std::string_view> keys;  // in the file's order
  std::unordered_map<std::string_view, GgufValue> metadata;
  std::vector<std::string> names;  // in the file's order
  std::unordered_map<std::string, GgufEntry> tensors;
};

[[nodiscard]] AMPSFT_HEADER_INLINE std::uint64_t gguf_alignment(const GgufHeader& header, const std::string& source);

/// Type and shape of the next tensor; its bytes are set later. Returns the offset in the data area.
[[nodiscard]] AMPSFT_HEADER_INLINE std::uint64_t parse_gguf_tensor(ByteReader& reader, GgufEntry& entry,
                                                                   const std::string& source);

/// Bytes of a tensor; throws unless they can be told and its rows fill whole blocks.
[[nodiscard]] AMPSFT_HEADER_INLINE std::size_t gguf_tensor_bytes(const GgufEntry& entry, const std::string& source);

/// Parses and checks all but the tensors' numbers; `source` begins every message and must outlive the header. After it
/// every tensor lies inside of the file, fits its shape and type, and overlaps no other.
[[nodiscard]] AMPSFT_HEADER_INLINE GgufHeader parse_gguf_header(std::span<const std::byte> file,
                                                                const std::string& source);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/gguf_header_inl.hpp>
#endif
