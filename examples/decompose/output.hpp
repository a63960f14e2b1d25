// SPDX-License-Identifier: MIT
/// @file
/// The files of a run: all of them, or none.
#pragma once

#include <filesystem>
#include <vector>

#include "decompose/options.hpp"
#include "decompose/result.hpp"

namespace decompose {

/// Remembers files and folders that a run makes, and takes them away again unless the run says that all is well.
class Outputs {
 public:
  Outputs() = default;
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  ~Outputs();

  /// Makes a folder and proves that files can be written there; throws `ampsft::Error` if not.
  void make_folder(const std::filesystem::path& folder);

  /// To be called before a file is written.
  const std::filesystem::path& announce(const std::filesystem::path& file);

  void keep() noexcept { keep_ = true; }

 private:
  std::vector<std::filesystem::path> made_;  ///< in the order in which they were made
  bool keep_ = false;
};

/// Writes basis.safetensors and, where there are scores, scores.safetensors; the result gives its scores away and keeps
/// their energies.
void write_tensors(const Options& options, Result& result, Outputs& outputs);

/// What reading the files back has shown.
struct Verification {
  Index matrices = 0;
  double largest_difference = 0.0;  ///< between the R2 that a file states and the one of the reconstruction
};

/// Reads both files, reconstructs every matrix and compares it with the model's. Throws `ampsft::Error` that names the
/// matrix if values have changed or R2 is not the one that was stated.
[[nodiscard]] Verification verify(const Options& options, const Source& source);

}  // namespace decompose
