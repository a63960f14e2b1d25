// SPDX-License-Identifier: MIT
/// @file
/// The one exception type and the check that throws it.
#pragma once

#include <ampsft/core/detail/build_checks.hpp>
#include <ampsft/core/detail/message.hpp>

#include <stdexcept>
#include <string>

namespace ampsft {

/// What every public function of the library throws: one line that says what was given, what was
/// expected and how to mend it.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Joins its arguments, each streamable, into one string: as an ostream with its first settings would write them,
/// whatever the locale. (A type that is streamed by its own operator needs `<sstream>` at the call.)
template <class... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
  return detail::join({detail::MessagePart(parts)...});
}

namespace detail {

/// Throws `Error` with the joined message. No template: a check costs its caller a comparison and, where it fails, the
/// stores of its parts.
[[noreturn, gnu::cold]] AMPSFT_HEADER_INLINE void throw_error(std::initializer_list<MessagePart> parts);

}  // namespace detail

/// Throws `Error` with the joined message.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  detail::throw_error({detail::MessagePart(parts)...});
}

/// Throws `Error` with the joined message unless `condition` holds; the message costs nothing otherwise.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]] {
    detail::throw_error({detail::MessagePart(parts)...});
  }
}

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/core/detail/message_inl.hpp>
#endif
