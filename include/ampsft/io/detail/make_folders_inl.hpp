// SPDX-License-Identifier: MIT
/// @file
/// Bodies of make_folders.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/posix.hpp>
#include <ampsft/io/make_folders.hpp>

#include <filesystem>
#include <system_error>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void synchronize_folder(const std::filesystem::path& folder) {
#if AMPSFT_POSIX
  const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  // Some file systems cannot synchronise a folder and say EINVAL; some folders can be written, not read.
  require(!opened.is_open() || ::fsync(opened.get()) == 0 || errno == EINVAL, "cannot write to ", folder, ": ",
          system_reason(errno));
#else
  static_cast<void>(folder);
#endif
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE std::vector<std::filesystem::path> make_folders(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path path = fs::absolute(folder); !path.empty() && !fs::exists(path, error); path = path.parent_path()) {
    if (path.has_filename()) {  // "a/b/" is listed as "a/b/" and "a/b"
      missing.push_back(path);
    }
    if (path == path.parent_path()) {
      break;
    }
  }
  fs::create_directories(folder, error);
  require(!error, "cannot make the folder ", folder, ": ", error.message());
  for (const auto& made : missing) {
    detail::synchronize_folder(made.parent_path());
  }
  return missing;
}

}  // namespace ampsft
