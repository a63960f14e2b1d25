// SPDX-License-Identifier: MIT
/// @file
/// The files of a run: all of them, or none.
#pragma once

#include <ampsft/io/atomic_file.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace decompose {

/// Files that a run makes: written in a hidden folder beside their places, and put there together when all is well.
class Outputs {
 public:
  /// Makes `folder`, and `hidden` in it for the time of the run. Throws `ampsft::Error` if files cannot be written
  /// there, and if another run is writing there.
  Outputs(std::filesystem::path folder, const std::string& hidden);
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  /// Takes away whatever was not kept, and the folders that were made for it.
  ~Outputs();

  /// Where to write the file that will be `folder / name`; throws if something else than a file has that name.
  [[nodiscard]] std::filesystem::path stage(const std::string& name);

  /// Where to write what is not kept.
  [[nodiscard]] std::filesystem::path scratch(const std::string& name) const { return hidden_ / name; }

  /// Puts all staged files into their places.
  void keep();

 private:
  std::filesystem::path folder_;
  std::filesystem::path hidden_;
  std::vector<std::filesystem::path> made_;  ///< folders, in the order in which they were made
  std::vector<std::string> staged_;
  std::optional<ampsft::AtomicFile> lock_;  ///< never committed: it keeps other runs out
  bool kept_ = false;
};

}  // namespace decompose
