// SPDX-License-Identifier: MIT
/// @file
/// Files of partial results or of scores that are made piece by piece, put together without being held in memory.
#pragma once

#include <ampsft/basis/files/partial_file.hpp>
#include <ampsft/basis/files/score_file.hpp>
#include <ampsft/io/json_text.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

/// All tensors of the parts in one file; the entries of the metadata's member are those of all parts.
inline void join_files(const std::filesystem::path& path, const std::vector<std::filesystem::path>& parts,
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

}  // namespace detail

/// Writes the stacks of several files of `save_partial` as one such file. The files are mapped, not held; memory: their
/// names. Throws `Error` that names the file for one that is none or is damaged, and for a stack that two of them hold.
inline void join_partials(const std::filesystem::path& path, const std::vector<std::filesystem::path>& parts) {
  detail::join_files(path, parts, detail::partial_key, "partial results", "stacks", nlohmann::json::object());
}

/// The same for files of `save_scores`; `source` is the hash of all matrices together.
inline void join_scores(const std::filesystem::path& path, const std::vector<std::filesystem::path>& parts,
                        const std::string& source) {
  detail::join_files(path, parts, detail::scores_key, "scores", "matrices", {{"source", source}});
}

}  // namespace ampsft
