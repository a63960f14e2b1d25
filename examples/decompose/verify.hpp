// SPDX-License-Identifier: MIT
/// @file
/// What was written against the model.
#pragma once

#include <filesystem>

#include "decompose/source.hpp"

namespace decompose {

/// What reading the files back has shown.
struct Verification {
  Index matrices = 0;
  double largest_difference = 0.0;  ///< between the R2 that a file states and the one of the reconstruction
};

/// Reads files of bases and of scores, reconstructs every matrix and compares it with the model's. Throws
/// `ampsft::Error` that names the matrix if values have changed or R2 is not the one that was stated.
[[nodiscard]] Verification verify(const std::filesystem::path& basis_file, const std::filesystem::path& score_file,
                                  const Source& source);

}  // namespace decompose
