// SPDX-License-Identifier: MIT
/// @file
/// Names from files, made fit for one-line messages, and the ones nearest to a name that is not there.
#pragma once

#include <ampsft/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// The text on one line, control characters as '?', cut after `limit` bytes.
[[nodiscard]] inline std::string one_line(std::string_view text, std::size_t limit = 160) {
  std::string line(text.substr(0, limit));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, '?');
  return text.size() > limit ? line + "..." : line;
}

/// `one_line` in quotation marks.
[[nodiscard]] inline std::string quoted(std::string_view text) {
  return concat('"', one_line(text, 80), '"');
}

/// Insertions, deletions and replacements that turn `a` into `b` (Wagner and Fischer 1974); cost |a| |b|.
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

/// "did you mean ...?" with the nearest names, or the first few names there are.
[[nodiscard]] inline std::string suggest_names(std::string_view wanted, std::span<const std::string> names) {
  constexpr std::size_t shown = 4;
  constexpr std::size_t longest = 200;  // a file may hold names of any length, and the cost is quadratic
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const std::string& name : names) {
    if (wanted.size() <= longest && name.size() <= longest) {
      const std::size_t distance = edit_distance(wanted, name);
      if (distance <= 2 + wanted.size() / 8) {
        near.emplace_back(distance, name);
      }
    }
  }
  if (names.empty()) {
    return "there are none";
  }
  std::string text;
  const auto append = [&](std::string_view name) { text += (text.empty() ? "" : ", ") + quoted(name); };
  if (near.empty()) {
    std::for_each_n(names.begin(), std::min(shown, names.size()), append);
    return concat("there are ", names.size(), ": ", text, names.size() > shown ? ", ..." : "");
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::for_each_n(near.begin(), std::min(shown, near.size()), [&](const auto& item) { append(item.second); });
  return "did you mean " + text + "?";
}

}  // namespace ampsft::detail
