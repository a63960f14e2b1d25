// SPDX-License-Identifier: MIT
/// @file
/// Folders whose files come into place together or not at all.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/posix.hpp>
#include <ampsft/io/file_lock.hpp>
#include <ampsft/io/make_folders.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#if AMPSFT_POSIX && defined(__linux__)
#include <sys/syscall.h>
#endif

namespace ampsft {

namespace detail {

/// Lets two folders change places in one step; false where the system cannot.
[[nodiscard]] AMPSFT_HEADER_INLINE bool exchange_folders(const std::filesystem::path& one,
                                                         const std::filesystem::path& other);

/// Whether something can be made in a folder, as far as its permissions say.
[[nodiscard]] AMPSFT_HEADER_INLINE bool is_writable(const std::filesystem::path& folder);

}  // namespace detail

/// Writes files into a new folder beside the target and, on `commit`, lets both change places.
///
/// Whoever opens the target sees the files before or the new ones, never some of each, even after a kill or a power
/// failure. Files of the target that are not written anew stay in it. Without `commit`, and when anything throws, the
/// new folder (`.NAME.new`) is removed and the target stays as it was; what a killed program left is removed by the
/// next one. Where folders cannot change places (systems other than Linux, some file systems, the working directory)
/// files are moved one by one, which a kill or an error can interrupt.
class AtomicFolder {
 public:
  /// Makes the folder of the target if it is not there. Throws `Error` if that cannot be written, if the target is no
  /// folder, and if another program is writing it.
  explicit AtomicFolder(const std::filesystem::path& target);
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  ~AtomicFolder();

  /// Where the files are to be written.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return made_; }

  /// Puts the files into place. Throws `Error` if they cannot be, and leaves the target as it was unless files are
  /// moved one by one.
  void commit();

 private:
  void remove_parents() const noexcept;

  /// A program that works inside of the target would be left in the old folder.
  [[nodiscard]] bool holds_working_directory() const;

  /// Gives the new folder what it has no file for. False if a file system knows no links.
  [[nodiscard]] bool keep_others() const;

  void move_files() const;

  std::filesystem::path target_;
  std::filesystem::path made_;
  std::vector<std::filesystem::path> parents_;  // made for it, until it is there
  std::optional<FileLock> lock_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/atomic_folder_inl.hpp>
#endif
