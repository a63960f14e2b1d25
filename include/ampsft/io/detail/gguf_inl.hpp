// SPDX-License-Identifier: MIT
/// @file
/// How GGUF files are read.
#pragma once

#include <ampsft/core/dequantize.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/detail/gguf_header.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/mapped_file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE const GgufValue* GgufFile::find(std::string_view key) const {
  const auto found = header_.metadata.find(key);
  return found != header_.metadata.end() ? &found->second : nullptr;
}

AMPSFT_HEADER_INLINE const GgufValue& GgufFile::value(std::string_view key) const {
  const GgufValue* const found = find(key);
  if (found == nullptr) {
    const std::vector<std::string> known(keys().begin(), keys().end());
    fail(path(), ": the metadata ", detail::quoted(key), " is missing; ", detail::suggest_names(key, known));
  }
  return *found;
}

AMPSFT_HEADER_INLINE GgufTensorInfo GgufFile::info(const std::string& name) const {
  const detail::GgufEntry& stored = entry(name);
  const auto format = find_block_format(stored.type->name);
  require(format.has_value(), describe(name), " is of type ", stored.type->name,
          ", which cannot be read; supported are ", block_format_list());
  return {*format, stored.shape, stored.bytes};
}

AMPSFT_HEADER_INLINE const detail::GgufEntry& GgufFile::entry(const std::string& name) const {
  const auto found = header_.tensors.find(name);
  if (found == header_.tensors.end()) {
    fail(describe(name), " is not in the file; ", detail::suggest_names(name, header_.names));
  }
  return found->second;
}

}  // namespace ampsft
