// SPDX-License-Identifier: MIT
/// @file
/// One value of a GGUF file's metadata, checked and read where it lies.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/byte_reader.hpp>
#include <ampsft/io/detail/gguf_types.hpp>
#include <ampsft/io/detail/names.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ampsft {

/// A number, a string, or an array of numbers or strings; its bytes belong to the file.
///
/// Accessors throw `Error`, naming file and key, for a value of another kind or a number that does not fit.
class GgufValue {
 public:
  /// Arrays in arrays are counted, but cannot be read: no known key holds any.
  [[nodiscard]] GgufKind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_array() const noexcept { return kind_ == GgufKind::array; }
  /// Elements of an array; 1 for other kinds.
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

  /// A whole number of any width in `[least, most]`.
  [[nodiscard]] std::int64_t integer(std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                                     std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;

  /// A number of any kind.
  [[nodiscard]] double number() const;

  [[nodiscard]] bool flag() const;

  [[nodiscard]] std::string_view text() const;

  /// Views of all strings of an array; 16 bytes of memory each, of which the file has at least 8.
  [[nodiscard]] std::vector<std::string_view> texts() const;

  /// An array of truth values, or of whole numbers that are not 0 where they are true.
  [[nodiscard]] std::vector<bool> flags() const;

  /// All numbers of an array, converted to `T`.
  template <class T>
  [[nodiscard]] std::vector<T> numbers() const {
    require(is_array() && is_number(element_), describe(), " must be an array of numbers, not ", kind_text());
    require(!std::is_integral_v<T> || is_integer(element_), describe(), " must hold whole numbers, not ", kind_text());
    std::vector<T> all(count_);
    const std::size_t size = detail::gguf_kind_bytes(element_);
    for (std::size_t i = 0; i < count_; ++i) {
      const std::byte* const at = bytes_.data() + i * size;
      if constexpr (std::is_integral_v<T>) {
        const std::int64_t value = integer_of(element_, at);
        if (!std::in_range<T>(value)) [[unlikely]] {  // not `require`, for which each element would be described
          fail(describe(), " holds ", value, ", which is too large here");
        }
        all[i] = static_cast<T>(value);
      } else {
        all[i] = static_cast<T>(number_of(element_, at));
      }
    }
    return all;
  }

  /// Reads a value of `kind` and skips it; nothing of it is copied.
  [[nodiscard]] static GgufValue parse(detail::ByteReader& reader, std::string_view key, const std::string& source);

 private:
  [[nodiscard]] static constexpr bool is_integer(GgufKind kind) noexcept {
    return kind == GgufKind::u8 || kind == GgufKind::i8 || kind == GgufKind::u16 || kind == GgufKind::i16 ||
           kind == GgufKind::u32 || kind == GgufKind::i32 || kind == GgufKind::u64 || kind == GgufKind::i64;
  }

  [[nodiscard]] static constexpr bool is_number(GgufKind kind) noexcept {
    return is_integer(kind) || kind == GgufKind::f32 || kind == GgufKind::f64;
  }

  template <class T>
  [[nodiscard]] static T stored(const std::byte* at) noexcept {
    T value{};
    std::memcpy(&value, at, sizeof(T));
    return value;
  }

  [[nodiscard]] std::int64_t integer_of(GgufKind kind, const std::byte* at) const;

  [[nodiscard]] double number_of(GgufKind kind, const std::byte* at) const;

  [[nodiscard]] static GgufKind parse_kind(detail::ByteReader& reader, std::string_view key, const std::string& source);

  /// A string without its length, or a number.
  [[nodiscard]] static std::span<const std::byte> take(detail::ByteReader& reader, GgufKind kind, std::string_view key);

  /// All elements as they lie. A string or an array takes at least 8 bytes of the file, so the loops end.
  [[nodiscard]] static std::span<const std::byte> take_array(detail::ByteReader& reader, GgufKind element,
                                                             std::uint64_t count, std::string_view key,
                                                             const std::string& source, int depth);

  [[nodiscard]] std::string describe() const { return concat(*source_, ": the metadata ", detail::quoted(key_)); }

  [[nodiscard]] std::string kind_text() const;

  std::string_view key_;
  const std::string* source_ = nullptr;
  GgufKind kind_ = GgufKind::u8;
  GgufKind element_ = GgufKind::u8;
  std::size_t count_ = 1;
  std::span<const std::byte> bytes_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/gguf_value_inl.hpp>
#endif
