// SPDX-License-Identifier: MIT
/// @file
/// The number formats of stored tensors and their conversion from and to the library's scalars.
#pragma once

#include <ampsft/core/half.hpp>
#include <ampsft/core/tensor.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace ampsft {

static_assert(std::endian::native == std::endian::little, "tensor files are little-endian, and so must the machine be");

/// Formats that the library reads and writes.
enum class DType { f64, f32, bf16, f16, i64 };

/// The name of the format in safetensors files.
[[nodiscard]] constexpr std::string_view dtype_name(DType dtype) noexcept {
  constexpr std::array<std::string_view, 5> names{"F64", "F32", "BF16", "F16", "I64"};
  return names[static_cast<std::size_t>(dtype)];
}

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t dtype_bytes(DType dtype) noexcept {
  constexpr std::array<std::size_t, 5> sizes{8, 4, 2, 2, 8};
  return sizes[static_cast<std::size_t>(dtype)];
}

/// The format of that name in safetensors files, if it is one that the library reads.
[[nodiscard]] constexpr std::optional<DType> find_dtype(std::string_view name) noexcept {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16, DType::f16, DType::i64}) {
    if (dtype_name(dtype) == name) {
      return dtype;
    }
  }
  return std::nullopt;
}

/// The format that holds a scalar without loss.
template <Scalar T>
inline constexpr DType dtype_of = std::same_as<T, double> ? DType::f64 : DType::f32;

namespace detail {

// Elements of a file lie at any address, so each is copied, never dereferenced in place.
template <class Stored, class T, class Convert>
void decode_each(std::span<const std::byte> bytes, T* values, Convert convert) noexcept {
  for (std::size_t i = 0; i < bytes.size() / sizeof(Stored); ++i) {
    Stored stored{};
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = static_cast<T>(convert(stored));
  }
}

template <class Stored, class T, class Convert>
void encode_each(std::span<const T> values, std::byte* bytes, Convert convert) noexcept {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Stored stored = convert(values[i]);
    std::memcpy(bytes + i * sizeof(Stored), &stored, sizeof(Stored));
  }
}

/// Converts `bytes.size() / dtype_bytes(dtype)` stored elements; `dtype` is not i64.
template <Scalar T>
void decode(DType dtype, std::span<const std::byte> bytes, T* values) {
  switch (dtype) {
    case DType::f64:
      return decode_each<double>(bytes, values, [](double x) { return x; });
    case DType::f32:
      return decode_each<float>(bytes, values, [](float x) { return x; });
    case DType::bf16:
      return decode_each<std::uint16_t>(bytes, values, bf16_to_float);
    case DType::f16:
      return decode_each<std::uint16_t>(bytes, values, fp16_to_float);
    case DType::i64:
      break;
  }
  fail("integers cannot be decoded as floating-point numbers");
}

/// Converts all values to `values.size() * dtype_bytes(dtype)` bytes; `dtype` is not i64. A double becomes a 16-bit
/// number through float, which can miss the nearest one by a last bit's tie.
template <Scalar T>
void encode(DType dtype, std::span<const T> values, std::byte* bytes) {
  switch (dtype) {
    case DType::f64:
      return encode_each<double>(values, bytes, [](T x) { return static_cast<double>(x); });
    case DType::f32:
      return encode_each<float>(values, bytes, [](T x) { return static_cast<float>(x); });
    case DType::bf16:
      return encode_each<std::uint16_t>(values, bytes, [](T x) { return float_to_bf16(static_cast<float>(x)); });
    case DType::f16:
      return encode_each<std::uint16_t>(values, bytes, [](T x) { return float_to_fp16(static_cast<float>(x)); });
    case DType::i64:
      break;
  }
  fail("floating-point numbers cannot be encoded as integers");
}

}  // namespace detail

}  // namespace ampsft
