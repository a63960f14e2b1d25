// SPDX-License-Identifier: MIT
/// @file
/// Keeps programs from writing over what they read.
#pragma once

#include <ampsft/core/error.hpp>

#include <filesystem>
#include <system_error>
#include <vector>

namespace example {

/// Whether both are there and are one file or folder, by whatever names.
[[nodiscard]] inline bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;  // what does not exist is the same as nothing
  return std::filesystem::equivalent(a, b, error) && !error;
}

/// Throws `ampsft::Error` if an output is one of the inputs, or would replace a file in a folder that is one. Empty
/// paths count for nothing.
inline void require_inputs_kept(const std::vector<std::filesystem::path>& inputs,
                                const std::vector<std::filesystem::path>& outputs) {
  for (const auto& output : outputs) {
    std::error_code ignored;
    if (output.empty() || !std::filesystem::exists(output, ignored)) {
      continue;
    }
    for (const auto& input : inputs) {
      ampsft::require(!same_file(input, output) &&
                          !(std::filesystem::is_directory(input, ignored) && same_file(input, output.parent_path())),
                      "the output ", output, " would overwrite what is read, ", input, "; name another place");
    }
  }
}

}  // namespace example
