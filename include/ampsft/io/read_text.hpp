// SPDX-License-Identifier: MIT
/// @file
/// Reads a whole file into memory.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
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
[[nodiscard]] AMPSFT_HEADER_INLINE std::string read_text(const std::filesystem::path& path);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/read_text_inl.hpp>
#endif
