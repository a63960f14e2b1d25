// SPDX-License-Identifier: MIT
/// @file
/// The parts of a message, whose types are forgotten at the call, so that one function joins those of all calls.
#pragma once

#include <ampsft/core/instances.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>

namespace ampsft::detail {

/// What a std::filesystem::path on a system with plain bytes in its paths looks like, without its header.
template <class Part>
concept PathOfBytes = requires(const Part& part) {
  typename Part::string_type;
  part.root_directory();
  { part.native() } -> std::same_as<const std::string&>;
};

/// Adds what the type's own operator writes into a stream. (The stream depends on the type, so its header is needed
/// only where there is such a part.)
template <class Part>
void add_streamed(std::string& text, const void* part) {
  std::basic_ostringstream<std::conditional_t<std::is_void_v<Part>, void, char>> stream;
  stream << *static_cast<const Part*>(part);
  text += stream.str();
}

/// One argument of a message: a number, or where the text lies. It must not outlive the argument.
class MessagePart {
 public:
  // NOLINTBEGIN(google-explicit-constructor): whatever an ostream takes
  MessagePart(bool value) noexcept : kind_(Kind::natural), natural_(value ? 1 : 0) {}
  MessagePart(char value) noexcept : kind_(Kind::character), character_(value) {}
  MessagePart(signed char value) noexcept : MessagePart(static_cast<char>(value)) {}
  MessagePart(unsigned char value) noexcept : MessagePart(static_cast<char>(value)) {}
  MessagePart(int value) noexcept : MessagePart(static_cast<long long>(value)) {}
  MessagePart(long value) noexcept : MessagePart(static_cast<long long>(value)) {}
  MessagePart(long long value) noexcept : kind_(Kind::integer), integer_(value) {}
  MessagePart(unsigned value) noexcept : MessagePart(static_cast<unsigned long long>(value)) {}
  MessagePart(unsigned long value) noexcept : MessagePart(static_cast<unsigned long long>(value)) {}
  MessagePart(unsigned long long value) noexcept : kind_(Kind::natural), natural_(value) {}
  MessagePart(double value) noexcept : kind_(Kind::real), real_(value) {}
  MessagePart(const char* value) noexcept : kind_(Kind::c_string), c_string_(value) {}
  MessagePart(std::string_view value) noexcept : kind_(Kind::text), text_{value.data(), value.size()} {}
  MessagePart(const std::string& value) noexcept : MessagePart(std::string_view(value)) {}
  template <PathOfBytes Path>
  MessagePart(const Path& value) noexcept : MessagePart(std::string_view(value.native())) {
    kind_ = Kind::path;
  }
  template <class Part>
  requires((!std::is_arithmetic_v<Part> || std::is_same_v<Part, long double>)&&!PathOfBytes<Part>)
      MessagePart(const Part& value)
  noexcept : kind_(Kind::streamed), streamed_{&value, &add_streamed<Part>} {}
  // NOLINTEND(google-explicit-constructor)

  void add_to(std::string& text) const;

 private:
  enum class Kind : unsigned char { character, integer, natural, real, c_string, text, path, streamed };

  struct Text {
    const char* data;
    std::size_t size;
  };
  struct Streamed {
    const void* part;
    void (*add)(std::string&, const void*);
  };

  Kind kind_;
  union {  // private, which clang-tidy does not see: NOLINTBEGIN(readability-identifier-naming)
    char character_;
    long long integer_;
    unsigned long long natural_;
    double real_;
    const char* c_string_;
    Text text_;
    Streamed streamed_;
  };  // NOLINTEND(readability-identifier-naming)
};

/// The parts as one text.
[[nodiscard, gnu::cold]] AMPSFT_HEADER_INLINE std::string join(std::initializer_list<MessagePart> parts);

}  // namespace ampsft::detail
