// SPDX-License-Identifier: MIT
/// @file
/// Keeps two programs from working on the same files.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/posix.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace ampsft {

/// Holds a lock as long as it lives; the system lets go of it when a program dies, however it dies.
///
/// The lock is upon a file of its own, which is made if it is not there and removed at the end. File systems that know
/// no locks, and systems other than POSIX, are used without. Not for threads of one program.
class FileLock {
 public:
  /// Locks `path`; `what` says what the lock is for. Throws `Error` if another program holds it, or the file cannot be
  /// made.
  FileLock(std::filesystem::path path, const std::string& what) : path_(std::move(path)) {
#if AMPSFT_POSIX
    while (true) {
      was_left_ = ::access(path_.c_str(), F_OK) == 0;
      file_ = detail::FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
      if (!file_.is_open()) {
        fail("cannot lock ", path_, ": ", detail::system_reason(errno));
      }
      require(::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, "another program is at work on ",
              what, "; wait for its end, or give this one files of its own");
      struct stat opened {};
      struct stat named {};
      // Between opening and locking, the other program may have ended and removed this very file.
      if (::fstat(file_.get(), &opened) == 0 && ::stat(path_.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
          opened.st_dev == named.st_dev) {
        return;
      }
    }
#else
    static_cast<void>(what);
#endif
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
#if AMPSFT_POSIX
    ::unlink(path_.c_str());  // before the lock goes
#endif
  }

  /// Whether a program that was killed had left the file of the lock.
  [[nodiscard]] bool was_left() const noexcept {
    return was_left_;
  }

 private:
  std::filesystem::path path_;
  bool was_left_ = false;
#if AMPSFT_POSIX
  detail::FileDescriptor file_;
#endif
};

}  // namespace ampsft
