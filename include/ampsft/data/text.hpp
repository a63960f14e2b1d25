// SPDX-License-Identifier: MIT
/// @file
/// Reads text from files and folders and splits it into training, validation and test parts.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/read_text.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ampsft {

namespace detail {

/// All regular files below a folder, sorted by path; hidden files and folders are left out.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<std::filesystem::path> visible_files(
    const std::filesystem::path& folder);

/// Appends the text of a file, beginning on a new line.
AMPSFT_HEADER_INLINE void append_text(std::string& all, std::string_view text);

/// The line start nearest to `wanted` and strictly between 0 and `high`; `wanted` itself, which lies there, if there is
/// none.
[[nodiscard]] AMPSFT_HEADER_INLINE std::size_t nearest_line_start(std::string_view text, std::size_t wanted,
                                                                  std::size_t high);

}  // namespace detail

/// The text of all files in the given order; the files of a folder, at any depth, in the order of their paths.
///
/// In folders, hidden files and folders and binary files (with a NUL byte) are skipped. A file that is given itself is
/// always read. A missing line end between two files is added. Throws `Error` for a path that is missing or unreadable,
/// a given file that is empty, a folder without text, and no paths.
[[nodiscard]] AMPSFT_HEADER_INLINE std::string load_text(const std::vector<std::filesystem::path>& paths);

/// Consecutive parts of one text.
struct TextSplit {
  std::string train;
  std::string validation;
  std::string test;
};

/// Splits a text into contiguous parts. The last two have `validation_fraction` and `test_fraction` of its bytes. Each
/// cut is moved to the nearest line start that leaves no part empty, if there is one.
///
/// Throws `Error` for an empty text, fractions below 0 and fractions that leave nothing for training.
[[nodiscard]] AMPSFT_HEADER_INLINE TextSplit split_text(std::string_view text, double validation_fraction,
                                                        double test_fraction);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/data/detail/text_inl.hpp>
#endif
