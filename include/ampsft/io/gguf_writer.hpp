// SPDX-License-Identifier: MIT
/// @file
/// Writes GGUF files, version 3, atomically.
#pragma once

#include <ampsft/core/dequantize.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/detail/gguf_header.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ampsft {

/// Numbers and booleans that metadata may hold.
template <class T>
concept GgufScalar = std::same_as<T, bool> || std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::uint8_t> || std::same_as<T, std::int8_t> || std::same_as<T, std::uint16_t> ||
    std::same_as<T, std::int16_t> || std::same_as<T, std::uint32_t> || std::same_as<T, std::int32_t> ||
    std::same_as<T, std::uint64_t> || std::same_as<T, std::int64_t>;

namespace detail {

template <GgufScalar T>
[[nodiscard]] constexpr GgufKind gguf_kind_of() noexcept {
  if constexpr (std::same_as<T, bool>) {
    return GgufKind::boolean;
  } else if constexpr (std::floating_point<T>) {
    return sizeof(T) == 4 ? GgufKind::f32 : GgufKind::f64;
  } else {
    constexpr std::uint32_t offset = std::unsigned_integral<T> ? 0 : 1;
    constexpr GgufKind base = sizeof(T) == 1   ? GgufKind::u8
                              : sizeof(T) == 2 ? GgufKind::u16
                              : sizeof(T) == 4 ? GgufKind::u32
                                               : GgufKind::u64;
    return static_cast<GgufKind>(static_cast<std::uint32_t>(base) + offset);
  }
}

template <class T>
void append_number(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

AMPSFT_HEADER_INLINE void append_counted(std::string& bytes, std::string_view text);

}  // namespace detail

/// Collects metadata and tensors, then writes them to one file, the same bytes for the same contents.
///
/// Metadata are copied. Of tensors the writer keeps views: **every matrix added must live, unchanged, until the last
/// `write`**. Both are stored in the order in which they were added.
class GgufWriter {
 public:
  /// A number or bool. Here and below: throws `Error` for a key that was set before.
  template <GgufScalar T>
  void set(const std::string& key, T value) {
    std::string& bytes = begin_pair(key, detail::gguf_kind_of<T>());
    detail::append_number(bytes, value);
  }

  void set(const std::string& key, std::string_view text) {
    detail::append_counted(begin_pair(key, GgufKind::string), text);
  }

  void set(const std::string& key, const char* text) { set(key, std::string_view(text)); }

  template <GgufScalar T>
  requires(!std::same_as<T, bool>) void set_array(const std::string& key, std::span<const T> values) {
    std::string& bytes = begin_array(key, detail::gguf_kind_of<T>(), values.size());
    for (const T value : values) {
      detail::append_number(bytes, value);
    }
  }

  template <std::convertible_to<std::string_view> Text>
  void set_array(const std::string& key, std::span<const Text> texts) {
    std::string& bytes = begin_array(key, GgufKind::string, texts.size());
    for (const Text& text : texts) {
      detail::append_counted(bytes, text);
    }
  }

  template <class T>
  void set_array(const std::string& key, const std::vector<T>& values) {
    set_array(key, std::span<const T>(values));
  }

  /// A tensor of `shape` (row-major, its product the matrix's size, one to four extents), stored as F32, F16, BF16 or
  /// Q8_0. Throws `Error` for a name that was added before, a shape of another size, another format, and rows that do
  /// not fill whole blocks.
  template <Scalar T>
  void add(const std::string& name, BlockFormat format, std::vector<Index> shape, const Matrix<T>& values) {
    const std::string source = concat("tensor ", detail::quoted(name));
    require(can_quantize(format), source, " cannot be stored as ", block_format_name(format),
            "; choose F32, F16, BF16 or Q8_0");
    require(!shape.empty() && shape.size() <= detail::gguf_extent_limit, source, " has ", shape.size(),
            " extents; GGUF allows 1 to ", detail::gguf_extent_limit);
    require(detail::checked_size(shape, source) == static_cast<Index>(values.size()), source, ": the shape ",
            detail::shape_text(shape), " does not fit ", values.size(), " values");
    static_cast<void>(row_bytes(format, shape.back()));
    require(names_.insert(name).second, source, " was added before; names must differ");
    tensors_.push_back({name, format, std::move(shape), std::span<const T>(values.data(), values.size())});
  }

  /// The same as a matrix of rank 2 in its own precision, at most F32.
  template <Scalar T>
  void add(const std::string& name, const Matrix<T>& values) {
    add(name, BlockFormat::f32, {rows(values), cols(values)}, values);
  }

  template <Scalar T>
  void add(const std::string& name, BlockFormat format, std::vector<Index> shape, const Matrix<T>&& values) = delete;
  template <Scalar T>
  void add(const std::string& name, const Matrix<T>&& values) = delete;

  /// Writes the file as `AtomicFile` does, in pieces of constant memory; throws `Error` when it cannot be written or a
  /// number cannot be stored as Q8_0.
  void write(const std::filesystem::path& path) const;

 private:
  static constexpr std::uint64_t alignment = detail::gguf_default_alignment;

  struct Item {
    std::string name;
    BlockFormat format;
    std::vector<Index> shape;
    std::variant<std::span<const float>, std::span<const double>> values;

    [[nodiscard]] std::size_t bytes() const {
      const BlockSize size = block_size(format);
      return std::visit([](const auto& v) { return v.size(); }, values) / size.numbers * size.bytes;
    }
  };

  [[nodiscard]] static constexpr std::size_t padding(std::uint64_t size) noexcept {
    return static_cast<std::size_t>((alignment - size % alignment) % alignment);
  }

  [[nodiscard]] std::string& begin_pair(const std::string& key, GgufKind kind);

  [[nodiscard]] std::string& begin_array(const std::string& key, GgufKind element, std::size_t count);

  /// All that stands before the data area, padded up to it.
  [[nodiscard]] std::string head_bytes() const;

  static void write_numbers(AtomicFile& file, const Item& tensor);

  std::string metadata_;
  std::set<std::string> keys_;
  std::vector<Item> tensors_;
  std::set<std::string> names_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/gguf_writer_inl.hpp>
#endif
