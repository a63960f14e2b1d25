// SPDX-License-Identifier: MIT
/// @file
/// U+2581, the mark of a space in vocabularies of characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ampsft::detail {

inline constexpr std::string_view space_mark = "\xe2\x96\x81";

[[nodiscard]] constexpr bool begins_with_space(std::string_view text) noexcept {
  return text.starts_with(' ') || text.starts_with(space_mark);
}

/// Appends `text` with each `from` replaced by `to`.
inline void append_replaced(std::string& result, std::string_view text, std::string_view from, std::string_view to) {
  for (std::size_t next = text.find(from); next != std::string_view::npos; next = text.find(from)) {
    result.append(text.substr(0, next)).append(to);
    text.remove_prefix(next + from.size());
  }
  result.append(text);
}

/// The text with marks instead of spaces, and a mark in front if `in_front`. An empty text stays empty.
[[nodiscard]] inline std::string mark_spaces(std::string_view text, bool in_front) {
  std::string marked;
  if (!text.empty()) {
    marked.reserve(text.size() + text.size() / 2);
    append_replaced(marked, text, " ", space_mark);
    marked.insert(0, in_front ? space_mark : "");
  }
  return marked;
}

/// The text with spaces instead of marks.
[[nodiscard]] inline std::string spaces_of_marks(std::string_view text) {
  std::string plain;
  append_replaced(plain, text, space_mark, " ");
  return plain;
}

/// The length of the first word of a marked text, which is not empty: up to the next mark.
[[nodiscard]] constexpr std::size_t match_marked(std::string_view text) noexcept {
  const std::size_t next = text.find(space_mark, 1);
  return next == std::string_view::npos ? text.size() : next;
}

}  // namespace ampsft::detail
