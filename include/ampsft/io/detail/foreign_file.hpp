// SPDX-License-Identifier: MIT
/// @file
/// What a file is that was taken for another kind.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace ampsft::detail {

/// Words for a file that begins as no tensor file does; empty if that says nothing.
[[nodiscard]] inline std::string_view foreign_file(std::span<const std::byte> file) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> beginnings{{
      {"version https://git-lfs", "it is a Git LFS pointer, not the file itself; fetch that with git lfs pull"},
      {"GGUF", "it is a GGUF file; give it a name that ends in .gguf, and name the file instead of its folder"},
      {"<!", "it is a web page, not the file; the download went wrong"},
      {"<html", "it is a web page, not the file; the download went wrong"},
      {"<?xml", "it is an XML page, not the file; the download went wrong"},
      {"PK\x03\x04", "it is a zip archive, as PyTorch's .bin and .pt files are; convert it to safetensors"},
      {"\x80\x02", "it is a Python pickle, as old PyTorch files are; convert it to safetensors"},
      {"\x1f\x8b", "it is packed by gzip; unpack it"},
      {"\x28\xb5\x2f\xfd", "it is packed by zstd; unpack it"},
  }};
  const std::string_view text(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 64));
  for (const auto& [beginning, words] : beginnings) {
    if (text.starts_with(beginning)) {
      return words;
    }
  }
  return {};
}

}  // namespace ampsft::detail
