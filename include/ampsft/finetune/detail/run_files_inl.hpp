// SPDX-License-Identifier: MIT
/// @file
/// How the files of a run are checked and locked.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/finetune/detail/run_files.hpp>
#include <ampsft/io/make_folders.hpp>
#include <ampsft/io/writable.hpp>

#include <filesystem>
#include <map>
#include <system_error>
#include <variant>
#include <vector>

namespace ampsft {

namespace detail {

inline std::vector<std::filesystem::path> run_files(const FinetuneOptions& options) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : {options.output, options.checkpoint, options.metrics}) {
    if (!file.empty()) {
      files.push_back(file);
    }
  }
  return files;
}

}  // namespace detail

AMPSFT_HEADER_INLINE void FinetuneOptions::check_files() const {
  std::map<std::filesystem::path, std::filesystem::path> places;
  for (const auto& file : detail::run_files(*this)) {
    const bool folder = file == output && !std::holds_alternative<Scores>(method);
    require(file.has_filename() || folder, "a run writes files, but ", file, " is a folder");
    require_writable(folder ? file / "model.safetensors" : file);
    const auto [other, is_new] = places.emplace(std::filesystem::weakly_canonical(file), file);
    require(is_new, "a run writes its output, its checkpoint and its metrics, but ", file, " and ", other->second,
            " are one");
  }
}

namespace detail {

AMPSFT_HEADER_INLINE std::vector<std::unique_ptr<FileLock>> open_run_files(const FinetuneOptions& options) {
  std::vector<std::unique_ptr<FileLock>> locks;
  for (const auto& file : run_files(options)) {
    if (file.has_parent_path()) {
      make_folders(file.parent_path());
    }
    std::filesystem::path lock = file;
    lock += ".lock";
    locks.push_back(std::make_unique<FileLock>(lock, concat(file)));
  }
  if (options.restart) {
    std::filesystem::remove(options.checkpoint);
  }
  return locks;
}

}  // namespace detail

}  // namespace ampsft
