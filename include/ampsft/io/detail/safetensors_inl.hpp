// SPDX-License-Identifier: MIT
/// @file
/// How safetensors files are read.
#pragma once

#include <ampsft/core/dtype.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/io/detail/safetensors_header.hpp>
#include <ampsft/io/mapped_file.hpp>
#include <ampsft/io/safetensors.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE Checksum begin_safetensors_checksum(std::string_view text, std::string_view digits) {
  std::string blanked(text);
  const std::string member = concat('"', checksum_key, "\":\"", digits, '"');
  if (const std::size_t found = blanked.find(member); found != std::string::npos) {
    blanked.replace(found + member.size() - 1 - digits.size(), digits.size(), digits.size(), '0');
  }
  Checksum checksum;
  checksum.update(std::as_bytes(std::span(blanked)));
  return checksum;
}

AMPSFT_HEADER_INLINE std::string checksum_digits(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  return std::string(digits.size() - length, '0') + std::string(digits.data(), length);
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(path) {
  auto header = detail::parse_safetensors_header(file_.bytes(), concat(path));
  metadata_ = std::move(header.metadata);
  text_size_ = header.text_size;
  for (auto& entry : header.entries) {
    names_.push_back(entry.name);
    entries_.emplace(names_.back(), std::move(entry));
  }
}

AMPSFT_HEADER_INLINE const detail::SafetensorsEntry& SafetensorsFile::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    fail(describe(name), " is not in the file; ", detail::suggest_names(name, names_));
  }
  return found->second;
}

AMPSFT_HEADER_INLINE TensorInfo SafetensorsFile::info(const std::string& name) const {
  const auto& stored = entry(name);
  const auto dtype = find_dtype(stored.dtype);
  require(dtype.has_value(), describe(name), " has dtype ", stored.dtype,
          ", which cannot be read; supported are F64, F32, BF16, F16, I64");
  return {*dtype, stored.shape, data().subspan(stored.begin, stored.end - stored.begin)};
}

AMPSFT_HEADER_INLINE std::vector<std::int64_t> SafetensorsFile::read_integers(const std::string& name) const {
  const TensorInfo tensor = info(name);
  require(tensor.dtype == DType::i64, describe(name), " has dtype ", dtype_name(tensor.dtype),
          ", not I64; read it with read_matrix");
  std::vector<std::int64_t> values(tensor.bytes.size() / sizeof(std::int64_t));
  if (!values.empty()) {
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  }
  return values;
}

AMPSFT_HEADER_INLINE bool SafetensorsFile::verify_checksum() const {
  const auto expected = metadata_.find(std::string(detail::checksum_key));
  if (expected == metadata_.end()) {
    return false;
  }
  const auto text = file_.bytes().subspan(sizeof(std::uint64_t), text_size_);
  Checksum checksum =
      detail::begin_safetensors_checksum({reinterpret_cast<const char*>(text.data()), text.size()}, expected->second);
  checksum.update(data());
  const std::string actual = detail::checksum_digits(checksum.value());
  require(actual == expected->second, path(), " is corrupted: its checksum is ", actual, ", but it says ",
          detail::quoted(expected->second), "; fetch or write it again");
  return true;
}

}  // namespace ampsft
