// SPDX-License-Identifier: MIT
/// @file
/// The file that `AtomicFile` writes to: unbuffered and synchronised where the system can, else a stream.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/posix.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>

namespace ampsft::detail {

#if AMPSFT_POSIX

/// An empty file of this process alone; errors name `target`, the file that it will become.
///
/// The name is fixed, so what a killed program left behind is used again instead of piling up; a lock keeps two
/// writers of the same target apart. The file gets the permissions of the target, if that is there.
class OutputFile {
 public:
  OutputFile(const std::filesystem::path& path, const std::filesystem::path& target) : target_(target) {
    while (true) {
      // Without O_NONBLOCK a pipe of that name would wait for its reader.
      file_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666));
      require(file_.is_open() || errno != ENXIO, "cannot write ", target_, ": ", path,
              " is no regular file; remove it");
      check(file_.is_open());
      // File systems without locks answer otherwise and are used unlocked.
      require(::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, "cannot write ", target_,
              ": another program is writing it at this moment");
      struct stat opened {};
      struct stat named {};
      check(::fstat(file_.get(), &opened) == 0);
      require(S_ISREG(opened.st_mode), "cannot write ", target_, ": ", path, " is no regular file; remove it");
      // Between opening and locking, another writer may have finished and renamed this very file.
      if (::stat(path.c_str(), &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) {
        break;
      }
    }
    check(::ftruncate(file_.get(), 0) == 0);
    struct stat replaced {};
    if (::stat(target_.c_str(), &replaced) == 0) {
      check(::fchmod(file_.get(), replaced.st_mode & 07777U) == 0);
    }
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(file_.get(), bytes.data(), bytes.size());
      check(written >= 0 || errno == EINTR);
      bytes = bytes.subspan(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
  }

  void synchronize() { check(::fsync(file_.get()) == 0); }

  /// Makes a rename inside of `folder` survive a power failure.
  void synchronize_folder(const std::filesystem::path& folder) {
    const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
    // Some file systems cannot synchronise a folder and say EINVAL; some folders can be written, not read.
    check(!opened.is_open() || ::fsync(opened.get()) == 0 || errno == EINVAL);
  }

 private:
  void check(bool succeeded) const {
    if (!succeeded) {
      fail("cannot write ", target_, ": ", system_reason(errno));
    }
  }

  std::filesystem::path target_;
  FileDescriptor file_;
};

#else

class OutputFile {
 public:
  OutputFile(const std::filesystem::path& path, const std::filesystem::path& target) : target_(target) {
    errno = 0;
    file_.open(path, std::ios::binary | std::ios::trunc);
    check();
  }

  void write(std::span<const std::byte> bytes) {
    file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    check();
  }

  void synchronize() {
    file_.close();
    check();
  }

  void synchronize_folder(const std::filesystem::path&) {}

 private:
  void check() const {
    if (!file_) {
      fail("cannot write ", target_, ": ", system_reason(errno));
    }
  }

  std::filesystem::path target_;
  std::ofstream file_;
};

#endif

}  // namespace ampsft::detail
