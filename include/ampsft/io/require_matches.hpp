// SPDX-License-Identifier: MIT
/// @file
/// Patterns of names that a user gave, checked.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/glob.hpp>
#include <ampsft/io/detail/names.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// Throws `Error` for a pattern (`matches_glob`) that matches none of the names, which is a slip of the hand, with the
/// names that come nearest. The message says which `option` gave it and what is `named`.
inline void require_matches(const std::vector<std::string>& patterns, const std::vector<std::string>& names,
                            std::string_view option, std::string_view named) {
  for (const std::string& pattern : patterns) {
    if (std::none_of(names.begin(), names.end(), [&](const auto& name) { return matches_glob(pattern, name); })) {
      fail(option, " ", pattern, " matches no ", named, "; ", detail::suggest_names(pattern, names));
    }
  }
}

}  // namespace ampsft
