// SPDX-License-Identifier: MIT
/// @file
/// A file's bytes without copying them: a read-only memory map, or a copy in memory where there are no maps.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/posix.hpp>
#include <ampsft/io/read_text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

namespace ampsft {

/// Read-only bytes of a regular file for as long as the object lives; can be moved, not copied.
///
/// Pages are read when they are touched. A file that another program shortens while it is mapped ends this program
/// (SIGBUS), so replace files by renaming, as `AtomicFile` does: the map keeps the old contents.
class MappedFile {
 public:
  /// Throws `Error` with the path and the reason for a missing, unreadable or empty file, a folder or a device.
  explicit MappedFile(std::filesystem::path path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile(MappedFile&& other) noexcept { swap(other); }
  MappedFile& operator=(MappedFile&& other) noexcept {
    swap(other);
    return *this;
  }
#if AMPSFT_POSIX
  ~MappedFile() {
    if (address_ != nullptr) {
      ::munmap(address_, size_);
    }
  }
#else
  ~MappedFile() = default;
#endif

  [[nodiscard]] const std::filesystem::path& path() const noexcept {
    return path_;
  }

  /// Starts on a page boundary where the file is mapped.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
#if AMPSFT_POSIX
    return {static_cast<const std::byte*>(address_), size_};
#else
    return std::as_bytes(std::span(contents_));
#endif
  }

  /// Tells the system that the file will be read from front to back, so that it reads ahead. A hint; never fails.
  void expect_sequential() const noexcept {
#if AMPSFT_POSIX
    ::madvise(address_, size_, MADV_SEQUENTIAL);
#endif
  }

  /// Gives the memory of these bytes, which lie in the file, back to the system; they are read again when they are
  /// touched again. A hint; never fails.
  void release(std::span<const std::byte> part) const noexcept {
#if AMPSFT_POSIX
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto first = static_cast<std::size_t>(part.data() - bytes().data()) / page * page;
    const auto last = static_cast<std::size_t>(part.data() - bytes().data()) + part.size();
    ::madvise(static_cast<std::byte*>(address_) + first, std::min(last, size_) - first, MADV_DONTNEED);
#else
    static_cast<void>(part);
#endif
  }

 private:
  void swap(MappedFile& other) noexcept {
    std::swap(path_, other.path_);
#if AMPSFT_POSIX
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
#else
    std::swap(contents_, other.contents_);
#endif
  }

  std::filesystem::path path_;
#if AMPSFT_POSIX
  void* address_ = nullptr;
  std::size_t size_ = 0;
#else
  std::string contents_;
#endif
};

#if AMPSFT_POSIX
inline MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  // O_NONBLOCK: opening a pipe must not wait for its writer, only to be refused below.
  const detail::FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    fail("cannot open ", path_, ": ", detail::system_reason(errno));
  }
  require(!S_ISDIR(status.st_mode), "cannot open ", path_, ": it is a folder, not a file");
  require(S_ISREG(status.st_mode), "cannot open ", path_, ": it is a device or pipe, not a regular file");
  require(status.st_size > 0, "cannot open ", path_, ": the file is empty");
  require(static_cast<std::uintmax_t>(status.st_size) <= PTRDIFF_MAX, "cannot open ", path_, ": it is too large");
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) {
    fail("cannot map ", path_, ": ", detail::system_reason(errno));
  }
  address_ = address;
  size_ = size;
}
#else
inline MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)), contents_(read_text(path_)) {
  require(!contents_.empty(), "cannot open ", path_, ": the file is empty");
}
#endif

}  // namespace ampsft
