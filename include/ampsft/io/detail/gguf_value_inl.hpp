// SPDX-License-Identifier: MIT
/// @file
/// How metadata of GGUF files are read.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/byte_reader.hpp>
#include <ampsft/io/detail/gguf_types.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/gguf_value.hpp>

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

AMPSFT_HEADER_INLINE std::int64_t GgufValue::integer(std::int64_t least, std::int64_t most) const {
  require(is_integer(kind_), describe(), " must be a whole number, not ", kind_text());
  const std::int64_t value = integer_of(kind_, bytes_.data());
  require(value >= least && value <= most, describe(), " is ", value, ", but must lie in ", least, " to ", most);
  return value;
}

AMPSFT_HEADER_INLINE double GgufValue::number() const {
  require(is_number(kind_), describe(), " must be a number, not ", kind_text());
  return number_of(kind_, bytes_.data());
}

AMPSFT_HEADER_INLINE bool GgufValue::flag() const {
  require(kind_ == GgufKind::boolean, describe(), " must be a bool, not ", kind_text());
  return bytes_[0] != std::byte{0};
}

AMPSFT_HEADER_INLINE std::string_view GgufValue::text() const {
  require(kind_ == GgufKind::string, describe(), " must be a string, not ", kind_text());
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

AMPSFT_HEADER_INLINE std::vector<std::string_view> GgufValue::texts() const {
  require(is_array() && element_ == GgufKind::string, describe(), " must be an array of strings, not ", kind_text());
  const std::string source = describe();
  detail::ByteReader reader(bytes_, source);
  std::vector<std::string_view> all;
  all.reserve(count_);
  for (std::size_t i = 0; i < count_; ++i) {
    all.push_back(reader.text("a string"));
  }
  return all;
}

AMPSFT_HEADER_INLINE GgufValue GgufValue::parse(detail::ByteReader& reader, std::string_view key,
                                                const std::string& source) {
  GgufValue value;
  value.key_ = key;
  value.source_ = &source;
  value.kind_ = parse_kind(reader, key, source);
  if (!value.is_array()) {
    value.bytes_ = take(reader, value.kind_, key);
    return value;
  }
  value.element_ = parse_kind(reader, key, source);
  const auto count = reader.number<std::uint64_t>(key);
  value.bytes_ = take_array(reader, value.element_, count, key, source, 0);
  value.count_ = static_cast<std::size_t>(count);
  return value;
}

AMPSFT_HEADER_INLINE std::int64_t GgufValue::integer_of(GgufKind kind, const std::byte* at) const {
  switch (kind) {
    case GgufKind::u8:
      return stored<std::uint8_t>(at);
    case GgufKind::i8:
      return stored<std::int8_t>(at);
    case GgufKind::u16:
      return stored<std::uint16_t>(at);
    case GgufKind::i16:
      return stored<std::int16_t>(at);
    case GgufKind::u32:
      return stored<std::uint32_t>(at);
    case GgufKind::i32:
      return stored<std::int32_t>(at);
    case GgufKind::u64: {
      const auto value = stored<std::uint64_t>(at);
      require(std::in_range<std::int64_t>(value), describe(), " is ", value, ", more than 2^63 - 1");
      return static_cast<std::int64_t>(value);
    }
    default:
      return stored<std::int64_t>(at);
  }
}

AMPSFT_HEADER_INLINE double GgufValue::number_of(GgufKind kind, const std::byte* at) const {
  if (kind == GgufKind::f32) {
    return static_cast<double>(stored<float>(at));
  }
  return kind == GgufKind::f64 ? stored<double>(at) : static_cast<double>(integer_of(kind, at));
}

AMPSFT_HEADER_INLINE GgufKind GgufValue::parse_kind(detail::ByteReader& reader, std::string_view key,
                                                    const std::string& source) {
  const auto number = reader.number<std::uint32_t>(key);
  require(number < detail::gguf_kind_count, source, ": the metadata ", detail::quoted(key), " is of kind ", number,
          ", which is none of GGUF's 0 to ", detail::gguf_kind_count - 1);
  return static_cast<GgufKind>(number);
}

AMPSFT_HEADER_INLINE std::span<const std::byte> GgufValue::take(detail::ByteReader& reader, GgufKind kind,
                                                                std::string_view key) {
  if (kind == GgufKind::string) {
    return std::as_bytes(std::span<const char>(reader.text(key)));
  }
  return reader.take(detail::gguf_kind_bytes(kind), key);
}

AMPSFT_HEADER_INLINE std::span<const std::byte> GgufValue::take_array(detail::ByteReader& reader, GgufKind element,
                                                                      std::uint64_t count, std::string_view key,
                                                                      const std::string& source, int depth) {
  if (element != GgufKind::string && element != GgufKind::array) {
    return reader.take_items(count, detail::gguf_kind_bytes(element), key);
  }
  constexpr int deepest = 4;
  require(depth < deepest, source, ": the metadata ", detail::quoted(key), " is nested deeper than ", deepest,
          " arrays");
  detail::ByteReader start = reader;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (element == GgufKind::string) {
      static_cast<void>(reader.text(key));
    } else {
      const GgufKind inner = parse_kind(reader, key, source);
      const auto inner_count = reader.number<std::uint64_t>(key);
      static_cast<void>(take_array(reader, inner, inner_count, key, source, depth + 1));
    }
  }
  return start.take(reader.position() - start.position(), key);
}

AMPSFT_HEADER_INLINE std::string GgufValue::kind_text() const {
  return is_array() ? concat("an array of ", detail::gguf_kind_name(element_))
                    : std::string(detail::gguf_kind_name(kind_));
}

AMPSFT_HEADER_INLINE std::vector<bool> GgufValue::flags() const {
  const bool booleans = is_array() && element_ == GgufKind::boolean;
  require(booleans || (is_array() && is_integer(element_)), describe(),
          " must be an array of bools or whole numbers, not ", kind_text());
  std::vector<bool> all(count_);
  const std::size_t size = detail::gguf_kind_bytes(element_);
  for (std::size_t i = 0; i < count_; ++i) {
    const std::byte* const at = bytes_.data() + i * size;
    all[i] = booleans ? *at != std::byte{0} : integer_of(element_, at) != 0;
  }
  return all;
}

}  // namespace ampsft
