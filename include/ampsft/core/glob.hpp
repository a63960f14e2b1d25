// SPDX-License-Identifier: MIT
/// @file
/// Shell-like patterns over names.
#pragma once

#include <string_view>

namespace ampsft {

/// Whether the whole of `text` matches `pattern`: `*` stands for any run of characters, `?` for one.
///
/// Cost: O(|pattern| |text|) at worst, no memory.
[[nodiscard]] inline bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last star seen, and where its run ends at present
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

}  // namespace ampsft
