// SPDX-License-Identifier: MIT
/// @file
/// Bodies of file_lock.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/posix.hpp>
#include <ampsft/io/file_lock.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace ampsft {

AMPSFT_HEADER_INLINE FileLock::FileLock(const std::filesystem::path& path, const std::string& what)
    : path_(std::filesystem::absolute(path)) {
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
    const bool known = ::fstat(file_.get(), &opened) == 0;
    if (known && opened.st_size > 0) {  // somebody's file
      file_ = {};
      fail("cannot lock ", what, ": ", path_, " is no lock, for it is not empty; give it another name");
    }
    if (known && ::stat(path_.c_str(), &named) == 0 && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev) {
      return;
    }
  }
#else
  static_cast<void>(what);
#endif
}

AMPSFT_HEADER_INLINE FileLock::~FileLock() {
#if AMPSFT_POSIX
  ::unlink(path_.c_str());  // before the lock goes
#endif
}

AMPSFT_HEADER_INLINE bool FileLock::was_left() const noexcept {
  return was_left_;
}

}  // namespace ampsft
