// SPDX-License-Identifier: MIT
/// @file
/// Random text with everything in it that cuts words.
#pragma once

#include <ampsft/core/random.hpp>

#include <array>
#include <string>
#include <string_view>

namespace ampsft::testing {

inline std::string random_text(Random& random, Index pieces) {
  constexpr std::array<std::string_view, 25> parts{"a",  "b",  "ab",   "the", "s",  " ",        "  ", "\n", "\t",
                                                   "'s", "'t", "'re",  "'ll", "'",  "1",        "23", ".",  "!?",
                                                   "_",  "aa", "aaaa", "Z",   "\r", "\xc3\xa9", "'d"};
  std::string text;
  for (Index i = 0; i < pieces; ++i) {
    text += parts[static_cast<std::size_t>(random.below(static_cast<Index>(parts.size())))];
  }
  return text;
}

}  // namespace ampsft::testing
