// SPDX-License-Identifier: MIT
/// @file
/// Whether a file can be written, asked before there is anything to write.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/atomic_file.hpp>

#include <filesystem>
#include <string>
#include <system_error>

namespace ampsft {

/// Throws `Error` unless `file` can be put into place, and leaves everything as it was; its folder need not be there.
/// For work that takes long before it writes.
inline void require_writable(const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  std::error_code error;
  const fs::path target = fs::is_symlink(file, ignored) ? fs::canonical(file, error) : file;
  require(!error, file, " is a link that leads nowhere");
  require(!fs::is_directory(target, ignored), file, " is a folder, not a file");
  require(!fs::exists(target, ignored) || fs::is_regular_file(target, ignored), file,
          " is no regular file, so it cannot be replaced");
  fs::path folder = fs::absolute(target).parent_path();
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) {
    require(!fs::is_symlink(folder, ignored), "cannot make the folder of ", file, ": ", folder,
            " is a link that leads nowhere");
    folder = folder.parent_path();
  }
  require(fs::is_directory(folder, ignored), "cannot make the folder of ", file, ": ", folder, " is not a folder");
  // Only an attempt tells (rights, read-only mounts); the name is no file's, so that a run at work is not in the way.
  try {
    const AtomicFile attempt(folder / concat(target.filename().string(), ".writable"));
  } catch (const Error& refusal) {
    fail("cannot write ", file, ": ", refusal.what());
  }
}

}  // namespace ampsft
