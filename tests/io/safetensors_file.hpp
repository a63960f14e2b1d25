// SPDX-License-Identifier: MIT
/// @file
/// Makes safetensors files byte by byte, good and bad ones.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::testing {

/// The bytes of a safetensors file with this header text and data, whether they fit or not.
inline std::string safetensors_bytes(std::string_view header, std::string_view data) {
  const std::uint64_t size = header.size();
  std::string bytes(sizeof(size), '\0');
  std::memcpy(bytes.data(), &size, sizeof(size));
  return bytes.append(header).append(data);
}

/// The memory of numbers.
template <class T>
std::string raw(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace ampsft::testing
