// SPDX-License-Identifier: MIT
/// @file
/// Bodies of join_files.hpp.
#pragma once

#include <ampsft/basis/detail/read_metadata.hpp>
#include <ampsft/basis/files/join_files.hpp>
#include <ampsft/basis/files/partial_file.hpp>
#include <ampsft/basis/files/score_file.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE void join_files(const std::filesystem::path& path, const std::vector<std::filesystem::path>& parts,
                                     const std::string& key, const std::string& what, const std::string& member,
                                     nlohmann::json metadata) {
  std::vector<SafetensorsFile> files;  // the writer keeps views
  SafetensorsWriter writer;
  metadata["version"] = 1;
  metadata[member] = nlohmann::json::object();
  for (const auto& part : parts) {
    const auto& file = files.emplace_back(part);
    file.verify_checksum();
    metadata[member].update(
        read_metadata(file, key, what, [&](const nlohmann::json& json) { return json.at(member); }));
    for (const auto& name : file.names()) {
      writer.add_stored(name, file.info(name));
    }
  }
  writer.set_metadata(key, json_text(metadata));
  writer.write(path);
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE void join_partials(const std::filesystem::path& path,
                                        const std::vector<std::filesystem::path>& parts) {
  detail::join_files(path, parts, detail::partial_key, "partial results", "stacks", nlohmann::json::object());
}

AMPSFT_HEADER_INLINE void join_scores(const std::filesystem::path& path,
                                      const std::vector<std::filesystem::path>& parts, const std::string& source) {
  detail::join_files(path, parts, detail::scores_key, "scores", "matrices", {{"source", source}});
}

}  // namespace ampsft
