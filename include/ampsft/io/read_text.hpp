// SPDX-License-Identifier: MIT
/// @file
/// Reads a whole file into memory.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/posix.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace ampsft {

/// All bytes of a file or pipe, as they are; an empty file gives an empty string.
///
/// Throws `Error` with the path and the reason for a folder, a missing or an unreadable file. Memory grows with what
/// was read, never with what a length claims.
[[nodiscard]] inline std::string read_text(const std::filesystem::path& path) {
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
