// SPDX-License-Identifier: MIT
/// @file
/// Keeps two programs from working on the same files.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/posix.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace ampsft {

/// Holds a lock as long as it lives; the system lets go of it when a program dies, however it dies.
///
/// The lock is upon a file of its own, which is made if it is not there and removed at the end. File systems that know
/// no locks, and systems other than POSIX, are used without. A file of that name that is not empty is somebody's, and
/// refused. Not for threads of one program.
class FileLock {
 public:
  /// Locks `path`; `what` says what the lock is for. Throws `Error` if another program holds it, or the file cannot be
  /// made.
  FileLock(const std::filesystem::path& path, const std::string& what);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

  /// Whether a program that was killed had left the file of the lock.
  [[nodiscard]] bool was_left() const noexcept;

 private:
  std::filesystem::path path_;
  bool was_left_ = false;
#if AMPSFT_POSIX
  detail::FileDescriptor file_;
#endif
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/file_lock_inl.hpp>
#endif
