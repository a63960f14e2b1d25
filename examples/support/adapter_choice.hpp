// SPDX-License-Identifier: MIT
/// @file
/// Adapters that a command line names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace example {

/// An adapter's file, or its PEFT folder, and what it is called.
struct AdapterChoice {
  std::string name;
  std::filesystem::path file;
};

/// What `--adapter` was given: FILE, or NAME=FILE. Throws `ampsft::Error` for a name that is empty, given twice, or
/// "none", which is the base.
[[nodiscard]] std::vector<AdapterChoice> adapter_choices(const std::vector<std::string>& texts);

}  // namespace example
