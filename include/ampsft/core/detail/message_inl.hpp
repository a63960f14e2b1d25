// SPDX-License-Identifier: MIT
/// @file
/// How the parts of a message become text: core/error.hpp includes it, or else a source of ampsft::instances.
#pragma once

#include <ampsft/core/error.hpp>

#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ampsft::detail {

/// A path in quotes, with a backslash before quotes and backslashes, as an ostream writes it.
AMPSFT_HEADER_INLINE void add_path(std::string& text, std::string_view path) {
  text += '"';
  for (const char byte : path) {
    if (byte == '"' || byte == '\\') {
      text += '\\';
    }
    text += byte;
  }
  text += '"';
}

AMPSFT_HEADER_INLINE void MessagePart::add_to(std::string& text) const {
  char digits[32];
  char* const end = digits + sizeof(digits);
  switch (kind_) {
    case Kind::character:
      text += character_;
      break;
    case Kind::integer:
      text.append(digits, std::to_chars(digits, end, integer_).ptr);
      break;
    case Kind::natural:
      text.append(digits, std::to_chars(digits, end, natural_).ptr);
      break;
    case Kind::real:  // printf's %g, in six digits at most
      text.append(digits, std::to_chars(digits, end, real_, std::chars_format::general, 6).ptr);
      break;
    case Kind::c_string:
      text += c_string_;
      break;
    case Kind::text:
      text.append(text_.data, text_.size);
      break;
    case Kind::path:
      add_path(text, std::string_view(text_.data, text_.size));
      break;
    case Kind::streamed:
      streamed_.add(text, streamed_.part);
      break;
  }
}

AMPSFT_HEADER_INLINE std::string join(std::initializer_list<MessagePart> parts) {
  std::string text;
  for (const MessagePart& part : parts) {
    part.add_to(text);
  }
  return text;
}

AMPSFT_HEADER_INLINE void throw_error(std::initializer_list<MessagePart> parts) {
  throw Error(join(parts));
}

}  // namespace ampsft::detail
