// SPDX-License-Identifier: MIT
/// @file
/// The header of a safetensors file, checked against the file before anything in it is believed.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/shape.hpp>
#include <ampsft/io/json_text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

inline constexpr std::size_t safetensors_header_limit = 100'000'000;  // the format's own limit
inline constexpr std::string_view checksum_key = "ampsft.checksum";

/// One tensor's place; `begin` and `end` count from the start of the data area.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<Index> shape;
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> entries;  // in the order of their data
  std::size_t text_size = 0;              // the JSON text lies at bytes 8 to 8 + text_size, the data after it
};

/// Bits of one element of every dtype of the format, those that the library does not read included; 0: no such dtype.
[[nodiscard]] constexpr std::size_t safetensors_dtype_bits(std::string_view dtype) noexcept {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 20> known{
      {{"F64", 64},    {"F32", 32},    {"BF16", 16},   {"F16", 16},    {"I64", 64},    {"U64", 64}, {"I32", 32},
       {"U32", 32},    {"I16", 16},    {"U16", 16},    {"I8", 8},      {"U8", 8},      {"BOOL", 8}, {"C64", 64},
       {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4}}};
  const auto* const found = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.first == dtype; });
  return found != known.end() ? found->second : 0;
}

/// Parses and checks the header of a whole file; `source` begins every message. After it, every entry lies inside of
/// the file, fits its shape and dtype, and the entries cover the data area without overlap or gap.
[[nodiscard]] AMPSFT_HEADER_INLINE SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                                                              const std::string& source);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/safetensors_header_inl.hpp>
#endif
