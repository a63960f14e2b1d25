// SPDX-License-Identifier: MIT
/// @file
/// Whether a model's files are still those that were read: mapped weights change with their file.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ampsft::detail {

/// Size and time of the files that hold a model's weights.
class FileStamps {
 public:
  /// `model` is a file, or a folder with safetensors files.
  explicit FileStamps(const std::filesystem::path& model);

  /// Throws `Error` that names the file if one was written, replaced or removed since.
  void require_unchanged() const;

 private:
  struct Stamp {
    std::filesystem::path file;
    std::uintmax_t size;
    std::filesystem::file_time_type time;
  };

  std::vector<Stamp> stamps_;
};

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/file_stamps_inl.hpp>
#endif
