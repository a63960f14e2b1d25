// SPDX-License-Identifier: MIT
/// @file
/// How a file is put into place.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/detail/output_file.hpp>

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace ampsft {

AMPSFT_HEADER_INLINE AtomicFile::AtomicFile(const std::filesystem::path& target) : target_(target) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_symlink(target_, error)) {
    target_ = fs::canonical(target_, error);
    require(!error, "cannot write ", target, ": it is a link that leads nowhere");
  }
  require(target_.has_filename(), "cannot write ", target, ": the path names a folder, not a file");
  require(!fs::exists(target_, error) || fs::is_regular_file(target_, error), "cannot write ", target,
          ": what lies there is not a regular file");
  require(fs::is_directory(folder(), error), "cannot write ", target, ": there is no folder ", folder());
  temporary_ = folder() / concat('.', target_.filename().string(), ".tmp");
  file_.emplace(temporary_, target_);
}

AMPSFT_HEADER_INLINE void AtomicFile::write(std::span<const std::byte> bytes) {
  require(file_.has_value(), "cannot write ", target_, ": the file is committed already");
  file_->write(bytes);
}

AMPSFT_HEADER_INLINE void AtomicFile::commit() {
  require(file_.has_value(), "cannot write ", target_, ": the file is committed already");
  file_->synchronize();
  std::error_code error;
  std::filesystem::rename(temporary_, target_, error);
  require(!error, "cannot write ", target_, ": ", error.message());
  detail::OutputFile written = *std::exchange(file_, std::nullopt);
  written.synchronize_folder(folder());
}

}  // namespace ampsft
