// SPDX-License-Identifier: MIT
/// @file
/// New folders that survive a power failure.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/posix.hpp>

#include <filesystem>
#include <system_error>
#include <vector>

namespace ampsft {

namespace detail {

/// Makes what was renamed or made inside of a folder survive a power failure, where the system can.
AMPSFT_HEADER_INLINE void synchronize_folder(const std::filesystem::path& folder);

}  // namespace detail

/// Makes a folder and those above it that are not there, and returns those that it made, the innermost first. Throws
/// `Error` that names the folder and the reason.
AMPSFT_HEADER_INLINE std::vector<std::filesystem::path> make_folders(const std::filesystem::path& folder);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/make_folders_inl.hpp>
#endif
