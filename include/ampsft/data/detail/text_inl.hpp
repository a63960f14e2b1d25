// SPDX-License-Identifier: MIT
/// @file
/// How texts are read and split.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/data/text.hpp>
#include <ampsft/io/read_text.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::vector<std::filesystem::path> visible_files(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  try {
    for (fs::recursive_directory_iterator it(folder), end; it != end; ++it) {
      const bool hidden = it->path().filename().string().starts_with('.');
      if (hidden) {
        it.disable_recursion_pending();
      } else if (std::error_code dangling; it->is_regular_file(dangling)) {
        files.push_back(it->path());
      }
    }
  } catch (const fs::filesystem_error& error) {
    fail("cannot list ", folder, ": ", error.code().message());
  }
  std::sort(files.begin(), files.end());
  return files;
}

AMPSFT_HEADER_INLINE void append_text(std::string& all, std::string_view text) {
  if (!all.empty() && all.back() != '\n' && !text.empty()) {
    all += '\n';
  }
  all += text;
}

AMPSFT_HEADER_INLINE std::size_t nearest_line_start(std::string_view text, std::size_t wanted, std::size_t high) {
  const std::size_t before = text.rfind('\n', wanted - 1) + 1;  // npos + 1 is 0
  const std::size_t after = text.find('\n', wanted);
  const bool has_before = before > 0;
  const bool has_after = after != std::string_view::npos && after + 1 < high;
  if (has_before && (!has_after || wanted - before <= after + 1 - wanted)) {
    return before;
  }
  return has_after ? after + 1 : wanted;
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE std::string load_text(const std::vector<std::filesystem::path>& paths) {
  require(!paths.empty(), "no text to load: name at least one file or folder");
  std::string all;
  for (const auto& path : paths) {
    std::error_code error;
    const bool folder = std::filesystem::is_directory(path, error);
    require(std::filesystem::exists(path, error), "cannot read text from ", path, ": there is no such file or folder");
    if (!folder) {
      const std::string text = read_text(path);
      require(!text.empty(), "cannot read text from ", path, ": the file is empty");
      detail::append_text(all, text);
      continue;
    }
    bool found = false;
    for (const auto& file : detail::visible_files(path)) {
      const std::string text = read_text(file);
      if (!text.empty() && text.find('\0') == std::string::npos) {
        detail::append_text(all, text);
        found = true;
      }
    }
    require(found, "cannot read text from ", path, ": the folder holds no text files");
  }
  return all;
}

AMPSFT_HEADER_INLINE TextSplit split_text(std::string_view text, double validation_fraction, double test_fraction) {
  require(!text.empty(), "cannot split an empty text");
  // This form refuses NaN too.
  require(validation_fraction >= 0 && test_fraction >= 0 && validation_fraction + test_fraction < 1,
          "cannot split off ", validation_fraction, " for validation and ", test_fraction,
          " for test: both must be at least 0 and leave a part for training");
  const auto size = static_cast<double>(text.size());
  const auto cut = [&](double fraction, std::size_t high) {
    const auto wanted = static_cast<std::size_t>(size * (1 - fraction));
    return high < 2 ? high : detail::nearest_line_start(text, std::clamp<std::size_t>(wanted, 1, high - 1), high);
  };
  const std::size_t test = test_fraction > 0 ? cut(test_fraction, text.size()) : text.size();
  const std::size_t validation = validation_fraction > 0 ? cut(validation_fraction + test_fraction, test) : test;
  return {std::string(text.substr(0, validation)), std::string(text.substr(validation, test - validation)),
          std::string(text.substr(test))};
}

}  // namespace ampsft
