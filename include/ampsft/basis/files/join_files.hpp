// SPDX-License-Identifier: MIT
/// @file
/// Files of partial results or of scores that are made piece by piece, put together without being held in memory.
#pragma once

#include <ampsft/basis/files/partial_file.hpp>
#include <ampsft/basis/files/score_file.hpp>
#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

/// All tensors of the parts in one file; the entries of the metadata's member are those of all parts.
AMPSFT_HEADER_INLINE void join_files(const std::filesystem::path& path, const std::vector<std::filesystem::path>& parts,
                                     const std::string& key, const std::string& what, const std::string& member,
                                     nlohmann::json metadata);

}  // namespace detail

/// Writes the stacks of several files of `save_partial` as one such file. The files are mapped, not held; memory: their
/// names. Throws `Error` that names the file for one that is none or is damaged, and for a stack that two of them hold.
AMPSFT_HEADER_INLINE void join_partials(const std::filesystem::path& path,
                                        const std::vector<std::filesystem::path>& parts);

/// The same for files of `save_scores`; `source` is the hash of all matrices together.
AMPSFT_HEADER_INLINE void join_scores(const std::filesystem::path& path,
                                      const std::vector<std::filesystem::path>& parts, const std::string& source);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/files/detail/join_files_inl.hpp>
#endif
