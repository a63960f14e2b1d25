// SPDX-License-Identifier: MIT
/// @file
/// Folders whose files come into place together or not at all.
#pragma once

#include <ampsft/core/error.hpp>
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
[[nodiscard]] inline bool exchange_folders(const std::filesystem::path& one, const std::filesystem::path& other) {
#if AMPSFT_POSIX && defined(__linux__) && defined(SYS_renameat2)
  constexpr unsigned exchange = 2;  // RENAME_EXCHANGE
  return ::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), exchange) == 0;
#else
  static_cast<void>(one);
  static_cast<void>(other);
  return false;
#endif
}

/// Whether something can be made in a folder, as far as its permissions say.
[[nodiscard]] inline bool is_writable(const std::filesystem::path& folder) {
#if AMPSFT_POSIX
  return ::access(folder.c_str(), W_OK) == 0;
#else
  static_cast<void>(folder);
  return true;
#endif
}

}  // namespace detail

/// Writes files into a new folder beside the target and, on `commit`, lets both change places.
///
/// Whoever opens the target sees the files before or the new ones, never some of each, even after a kill or a power
/// failure. Files of the target that are not written anew stay in it. Without `commit`, and when anything throws, the
/// new folder (`.NAME.new`) is removed and the target stays as it was; what a killed program left is removed by the
/// next one. Where folders cannot change places (systems other than Linux, some file systems, the working directory)
/// files are moved one by one.
class AtomicFolder {
 public:
  /// Makes the folder of the target if it is not there. Throws `Error` if that cannot be written, if the target is no
  /// folder, and if another program is writing it.
  explicit AtomicFolder(const std::filesystem::path& target) {
    namespace fs = std::filesystem;
    std::error_code error;
    require(!fs::is_symlink(target, error) || fs::exists(target, error), target, " is a link that leads nowhere");
    require(!fs::exists(target, error) || fs::is_directory(target, error), target, " is no folder");
    target_ = fs::weakly_canonical(fs::absolute(target), error);
    require(!error, "cannot write ", target, ": ", error.message());
    if (!target_.has_filename()) {  // "folder/"
      target_ = target_.parent_path();
    }
    require(target_.has_filename(), "cannot write ", target, ": the path names no folder");
    parents_ = make_folders(target_.parent_path());
    const std::string name = target_.filename().string();
    // Where nothing can be made beside the target, it is made inside.
    const fs::path place = detail::is_writable(target_.parent_path()) ? target_.parent_path() : target_;
    made_ = place / concat('.', name, ".new");
    try {
      lock_.emplace(place / concat('.', name, ".lock"), concat(target));
      require(lock_->was_left() || !fs::exists(fs::symlink_status(made_, error)), "cannot write ", target, ": ", made_,
              " is in the way, and nothing says that it may be removed");
      fs::remove_all(made_, error);
      fs::create_directory(made_, error);
      require(!error, "cannot write ", target, ": ", error.message());
    } catch (...) {
      remove_parents();
      throw;
    }
  }
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  ~AtomicFolder() {
    std::error_code ignored;  // nothing can be done about it here
    std::filesystem::remove_all(made_, ignored);
    lock_.reset();
    remove_parents();
  }

  /// Where the files are to be written.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return made_; }

  /// Puts the files into place. Throws `Error`, and leaves the target as it was, if they cannot be.
  void commit() {
    namespace fs = std::filesystem;
    detail::synchronize_folder(made_);
    std::error_code error;
    if (!fs::exists(target_, error)) {
      fs::rename(made_, target_, error);
      require(!error, "cannot write ", target_, ": ", error.message());
    } else {
      fs::permissions(made_, fs::status(target_, error).permissions(), error);
      if (holds_working_directory() || !keep_others() || !detail::exchange_folders(made_, target_)) {
        move_files();
      }
    }
    detail::synchronize_folder(target_.parent_path());
    parents_.clear();
  }

 private:
  void remove_parents() const noexcept {
    for (const auto& folder : parents_) {
      std::error_code ignored;
      std::filesystem::remove(folder, ignored);  // only if it is empty
    }
  }

  /// A program that works inside of the target would be left in the old folder.
  [[nodiscard]] bool holds_working_directory() const {
    std::error_code error;
    const auto here = std::filesystem::current_path(error);
    const auto [end, rest] = std::mismatch(target_.begin(), target_.end(), here.begin(), here.end());
    return error || end == target_.end();
  }

  /// Gives the new folder what it has no file for. False if a file system knows no links.
  [[nodiscard]] bool keep_others() const {
    namespace fs = std::filesystem;
    std::error_code error;
    for (auto place = fs::recursive_directory_iterator(target_, error); !error && place != fs::end(place);
         place.increment(error)) {
      const fs::path to = made_ / place->path().lexically_relative(target_);
      if (fs::exists(fs::symlink_status(to, error))) {
        continue;
      }
      if (place->is_symlink(error)) {
        fs::copy_symlink(place->path(), to, error);
      } else if (place->is_directory(error)) {
        fs::create_directory(to, place->path(), error);
      } else {
        fs::create_hard_link(place->path(), to, error);
      }
    }
    return !error;
  }

  void move_files() const {
    namespace fs = std::filesystem;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(made_)) {
      const fs::path to = target_ / entry.path().filename();
      if (!entry.is_directory()) {
        fs::rename(entry.path(), to, error);
        require(!error, "cannot write ", to, ": ", error.message());
      }
    }
    detail::synchronize_folder(target_);
  }

  std::filesystem::path target_;
  std::filesystem::path made_;
  std::vector<std::filesystem::path> parents_;  // made for it, until it is there
  std::optional<FileLock> lock_;
};

}  // namespace ampsft
