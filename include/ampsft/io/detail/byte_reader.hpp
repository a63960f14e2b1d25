// SPDX-License-Identifier: MIT
/// @file
/// Reads numbers and strings from bytes, one after another, never past their end.
#pragma once

#include <ampsft/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace ampsft::detail {

/// A place in bytes that outlive it. Everything throws `Error`, beginning with `source` and naming what was being read,
/// if the bytes end before it does; no length in them is used before it is compared with what is left.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, const std::string& source) : bytes_(bytes), source_(&source) {}

  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - position_; }

  [[nodiscard]] std::span<const std::byte> take(std::uint64_t size, std::string_view what) {
    require(size <= left(), *source_, ": ", what, " needs ", size, " bytes at byte ", position_, ", but only ", left(),
            " are left");
    const auto part = bytes_.subspan(position_, static_cast<std::size_t>(size));
    position_ += part.size();
    return part;
  }

  /// `count` items of `size` bytes each; the product is checked too.
  [[nodiscard]] std::span<const std::byte> take_items(std::uint64_t count, std::size_t size, std::string_view what) {
    require(size == 0 || count <= left() / size, *source_, ": ", what, " claims ", count, " items of ", size,
            " bytes at byte ", position_, ", but only ", left(), " bytes are left");
    return take(count * size, what);
  }

  template <class T>
  [[nodiscard]] T number(std::string_view what) {
    T value{};
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  /// A 64-bit length and as many bytes.
  [[nodiscard]] std::string_view text(std::string_view what) {
    const auto size = number<std::uint64_t>(what);
    const auto part = take(size, what);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string* source_;
  std::size_t position_ = 0;
};

}  // namespace ampsft::detail
