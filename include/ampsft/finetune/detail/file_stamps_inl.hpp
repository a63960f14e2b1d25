// SPDX-License-Identifier: MIT
/// @file
/// Bodies of file_stamps.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/file_stamps.hpp>

#include <system_error>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE FileStamps::FileStamps(const std::filesystem::path& model) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto add = [&](const fs::path& file) {
    std::error_code unknown;
    stamps_.push_back({file, fs::file_size(file, unknown), fs::last_write_time(file, unknown)});
  };
  if (!fs::is_directory(model, error)) {
    add(model);
    return;
  }
  for (const auto& entry : fs::directory_iterator(model, error)) {
    if (entry.path().extension() == ".safetensors") {
      add(entry.path());
    }
  }
}

AMPSFT_HEADER_INLINE void FileStamps::require_unchanged() const {
  namespace fs = std::filesystem;
  for (const Stamp& stamp : stamps_) {
    std::error_code gone;
    std::error_code unknown;
    const bool same = fs::file_size(stamp.file, gone) == stamp.size &&
                      fs::last_write_time(stamp.file, unknown) == stamp.time && !gone;
    require(same, "the model's file ", stamp.file, " was changed while it was in use, so what was trained belongs to ",
            "neither what it was nor what it is; start again, and replace files instead of writing into them");
  }
}

}  // namespace ampsft::detail
