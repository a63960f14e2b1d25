// SPDX-License-Identifier: MIT
/// @file
/// Bodies of read_text.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/posix.hpp>
#include <ampsft/io/read_text.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE std::string read_text(const std::filesystem::path& path) {
  std::error_code ignored;
  require(!std::filesystem::is_directory(path, ignored), "cannot read ", path, ": it is a folder, not a file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    fail("cannot read ", path, ": ", detail::system_reason(errno));
  }
  std::string text;
  std::vector<char> piece(std::size_t{1} << 18U);
  do {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  } while (file);
  if (file.bad() || !file.eof()) {
    fail("cannot read ", path, ": ", detail::system_reason(errno));
  }
  return text;
}

}  // namespace ampsft
