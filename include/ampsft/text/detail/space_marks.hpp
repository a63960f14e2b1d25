// SPDX-License-Identifier: MIT
/// @file
/// U+2581, which stands for spaces in vocabularies of characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ampsft::detail {

inline constexpr std::string_view space_mark = "\xe2\x96\x81";

[[nodiscard]] constexpr bool begins_with_space(std::string_view text) noexcept {
  return text.starts_with(' ') || text.starts_with(space_mark);
}

/// The text with a mark for each space, and one in front if that is wanted; an empty text stays empty.
[[nodiscard]] inline std::string mark_spaces(std::string_view text, bool in_front) {
  std::string marked;
  if (text.empty()) {
    return marked;
  }
  marked.reserve(text.size() + text.size() / 2);
  if (in_front) {
    marked += space_mark;
  }
  for (const char byte : text) {
    if (byte == ' ') {
      marked += space_mark;
    } else {
      marked += byte;
    }
  }
  return marked;
}

/// The text with a space for each mark.
[[nodiscard]] inline std::string spaces_of_marks(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool mark = text.starts_with(space_mark);
    plain += mark ? ' ' : text.front();
    text.remove_prefix(mark ? space_mark.size() : 1);
  }
  return plain;
}

/// Length of the first word of a marked text, which is not empty: up to the next mark.
[[nodiscard]] constexpr std::size_t match_marked(std::string_view text) noexcept {
  const std::size_t next = text.find(space_mark, 1);
  return next == std::string_view::npos ? text.size() : next;
}

}  // namespace ampsft::detail
