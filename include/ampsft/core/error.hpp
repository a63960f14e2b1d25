// SPDX-License-Identifier: MIT
/// @file
/// The one exception type and the check that throws it.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace ampsft {

/// What every public function of the library throws: one line that says what was given, what was
/// expected and how to mend it.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Joins its arguments, each streamable, into one string.
template <class... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
  std::ostringstream text;
  static_cast<void>((text << ... << parts));
  return text.str();
}

/// Throws `Error` with the joined message.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(concat(parts...));
}

/// Throws `Error` with the joined message unless `condition` holds; the message costs nothing otherwise.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]] {
    fail(parts...);
  }
}

}  // namespace ampsft
