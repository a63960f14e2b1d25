// SPDX-License-Identifier: MIT
/// @file
/// Bodies of atomic_folder.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/atomic_folder.hpp>
#include <ampsft/io/detail/posix.hpp>
#include <ampsft/io/file_lock.hpp>
#include <ampsft/io/make_folders.hpp>

#include <sys/syscall.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE bool exchange_folders(const std::filesystem::path& one, const std::filesystem::path& other) {
#if AMPSFT_POSIX && defined(__linux__) && defined(SYS_renameat2)
  constexpr unsigned exchange = 2;  // RENAME_EXCHANGE
  return ::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), exchange) == 0;
#else
  static_cast<void>(one);
  static_cast<void>(other);
  return false;
#endif
}

AMPSFT_HEADER_INLINE bool is_writable(const std::filesystem::path& folder) {
#if AMPSFT_POSIX
  return ::access(folder.c_str(), W_OK) == 0;
#else
  static_cast<void>(folder);
  return true;
#endif
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE AtomicFolder::AtomicFolder(const std::filesystem::path& target) {
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

AMPSFT_HEADER_INLINE AtomicFolder::~AtomicFolder() {
  std::error_code ignored;  // nothing can be done about it here
  std::filesystem::remove_all(made_, ignored);
  lock_.reset();
  remove_parents();
}

AMPSFT_HEADER_INLINE void AtomicFolder::commit() {
  namespace fs = std::filesystem;
  detail::synchronize_folder(made_);
  std::error_code error;
  if (!fs::exists(target_, error)) {
    fs::rename(made_, target_, error);
    require(!error, "cannot write ", target_, ": ", error.message());
  } else {
    fs::permissions(made_, fs::status(target_, error).permissions(), error);
    const bool inside = made_.parent_path() == target_;
    if (inside || holds_working_directory() || !keep_others() || !detail::exchange_folders(made_, target_)) {
      move_files();
    }
  }
  detail::synchronize_folder(target_.parent_path());
  parents_.clear();
}

AMPSFT_HEADER_INLINE void AtomicFolder::remove_parents() const noexcept {
  for (const auto& folder : parents_) {
    std::error_code ignored;
    std::filesystem::remove(folder, ignored);  // only if it is empty
  }
}

AMPSFT_HEADER_INLINE bool AtomicFolder::holds_working_directory() const {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  const auto [end, rest] = std::mismatch(target_.begin(), target_.end(), here.begin(), here.end());
  return error || end == target_.end();
}

AMPSFT_HEADER_INLINE bool AtomicFolder::keep_others() const {
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

AMPSFT_HEADER_INLINE void AtomicFolder::move_files() const {
  namespace fs = std::filesystem;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(made_)) {
    const fs::path to = target_ / entry.path().lexically_relative(made_);
    if (entry.is_directory() && !entry.is_symlink()) {
      make_folders(to);
    } else if (!fs::equivalent(entry.path(), to, error)) {  // a file that was kept is there already
      fs::rename(entry.path(), to, error);
      require(!error, "cannot write ", to, ": ", error.message(), "; some files may be in place already");
      detail::synchronize_folder(to.parent_path());
    }
  }
  detail::synchronize_folder(target_);
}

}  // namespace ampsft
