// SPDX-License-Identifier: MIT
#include "decompose/inputs.hpp"

#include <ampsft/core/error.hpp>

#include <algorithm>
#include <vector>

#include "support/inputs_kept.hpp"

namespace decompose {

namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

/// Whether a folder names the files of its model, so that others in it are not taken for parts.
bool has_index(const fs::path& folder) {
  const fs::directory_iterator files(folder);
  return std::any_of(begin(files), end(files),
                     [](const auto& file) { return file.path().string().ends_with(".safetensors.index.json"); });
}

std::vector<fs::path> outputs_of(const Options& options) {
  if (!options.partial_out.empty()) {
    return {options.partial_out};
  }
  std::vector<fs::path> files;
  for (const char* name : {"basis.safetensors", "scores.safetensors", "report.json", "report.html"}) {
    files.push_back(options.output / name);
  }
  return files;
}

std::vector<fs::path> inputs_of(const Options& options, const Source* source) {
  std::vector<fs::path> files = options.merge;
  files.push_back(options.basis);
  files.push_back(options.model);  // may be an index
  if (source != nullptr) {
    for (const auto& file : source->tensors.files()) {
      files.push_back(file.path());
    }
  }
  return files;
}

}  // namespace

void require_inputs_kept(const Options& options, const Source* source) {
  using ampsft::require;
  const auto outputs = outputs_of(options);
  for (const auto& input : inputs_of(options, source)) {
    for (const auto& output : outputs) {
      require(!example::same_file(input, output), "the output ", output, " would overwrite ", input,
              ", which is read; name another place");
    }
  }
  if (source != nullptr && outputs.front().extension() == ".safetensors") {
    for (const auto& file : source->tensors.files()) {
      const fs::path folder = folder_of(file.path());
      require(!example::same_file(folder, folder_of(outputs.front())) || has_index(folder), "the output ",
              outputs.front(),
              " would lie in the folder of the model, which has no index, and be taken for a part of it; name another "
              "folder");
    }
  }
  require(
      source != nullptr || !fs::exists(options.output / "scores.safetensors"), "the folder ", options.output,
      " holds scores.safetensors of an earlier run, which do not fit merged bases; remove it or name another folder "
      "with -o");
}

}  // namespace decompose
