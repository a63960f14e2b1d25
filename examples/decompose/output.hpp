// SPDX-License-Identifier: MIT
/// @file
/// The files of a run: all of them, or none.
#pragma once

#include <ampsft/io/atomic_folder.hpp>
#include <ampsft/io/file_lock.hpp>

#include <filesystem>
#include <string>

namespace decompose {

/// A folder for what is not kept, locked and removed at the end.
class Scratch {
 public:
  /// Throws `ampsft::Error` if it cannot be made, if another run is working there, and if something lies there that no
  /// killed run left.
  explicit Scratch(const std::filesystem::path& folder);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
  ampsft::FileLock lock_;
};

/// The files that a run makes in a folder: put there together when all is well, or none.
class Outputs {
 public:
  /// Throws `ampsft::Error` as `AtomicFolder` does.
  explicit Outputs(const std::filesystem::path& folder);

  /// Where to write the file that will be `folder / name`; throws if something else than a file has that name.
  [[nodiscard]] std::filesystem::path stage(const std::string& name) const;

  /// Where to write what is not kept.
  [[nodiscard]] std::filesystem::path scratch(const std::string& name) const { return scratch_ / name; }

  /// Puts all staged files into their places.
  void keep();

 private:
  std::filesystem::path folder_;
  ampsft::AtomicFolder made_;
  std::filesystem::path scratch_;
};

}  // namespace decompose
