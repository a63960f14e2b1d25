// SPDX-License-Identifier: MIT
/// @file
/// The one place that names the operating system's file calls; `AMPSFT_POSIX` is 0 where there are none.
#pragma once

#if !defined(AMPSFT_POSIX)
#if defined(__unix__) || defined(__APPLE__)
#define AMPSFT_POSIX 1
#else
#define AMPSFT_POSIX 0
#endif
#endif

#if AMPSFT_POSIX
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace ampsft::detail {

/// The words for an `errno` value, such as "No such file or directory".
[[nodiscard]] inline std::string system_reason(int code) {
  return code == 0 ? "unknown reason" : std::generic_category().message(code);
}

#if AMPSFT_POSIX
/// Owns an open file; closes it.
class FileDescriptor {
 public:
  FileDescriptor() noexcept = default;
  explicit FileDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};
#endif

}  // namespace ampsft::detail
