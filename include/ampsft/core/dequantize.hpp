// SPDX-License-Identifier: MIT
/// @file
/// Numbers out of quantised blocks, and into the one format that the library writes.
#pragma once

#include <ampsft/core/block_format.hpp>
#include <ampsft/core/detail/k_blocks.hpp>
#include <ampsft/core/detail/legacy_blocks.hpp>
#include <ampsft/core/dtype.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ampsft {

namespace detail {

/// Calls `convert(block, values)` for each block in turn.
template <class T, class Convert>
void for_each_block(BlockFormat format, std::span<const std::byte> bytes, T* values, Convert convert) {
  const BlockSize size = block_size(format);
  const auto* block = reinterpret_cast<const std::uint8_t*>(bytes.data());
  for (std::size_t i = 0; i < bytes.size() / size.bytes; ++i) {
    convert(block + i * size.bytes, values + i * size.numbers);
  }
}

}  // namespace detail

/// Converts stored numbers, a row, a panel of rows or a tensor, into `values`, which must have room for exactly those.
///
/// Any address will do. Throws `Error` unless `bytes` are whole blocks that hold `values.size()` numbers. Source of the
/// layouts: the GGUF specification and ggml's reference implementation of each format.
template <Scalar T>
void dequantize(BlockFormat format, std::span<const std::byte> bytes, std::span<T> values) {
  const std::size_t expected = row_bytes(format, static_cast<Index>(values.size()));
  require(bytes.size() == expected, values.size(), " numbers of ", block_format_name(format), " take ", expected,
          " bytes, not ", bytes.size());
  T* const out = values.data();
  using Block = const std::uint8_t*;
  switch (format) {
    case BlockFormat::f32:
      return detail::decode(DType::f32, bytes, out);
    case BlockFormat::f16:
      return detail::decode(DType::f16, bytes, out);
    case BlockFormat::bf16:
      return detail::decode(DType::bf16, bytes, out);
    case BlockFormat::q4_0:
      return detail::for_each_block(format, bytes, out, [](Block b, T* v) { detail::dequantize_q4_0(b, v); });
    case BlockFormat::q4_1:
      return detail::for_each_block(format, bytes, out, [](Block b, T* v) { detail::dequantize_q4_1(b, v); });
    case BlockFormat::q5_0:
      return detail::for_each_block(format, bytes, out, [](Block b, T* v) { detail::dequantize_q5_0(b, v); });
    case BlockFormat::q5_1:
      return detail::for_each_block(format, bytes, out, [](Block b, T* v) { detail::dequantize_q5_1(b, v); });
    case BlockFormat::q8_0:
      return detail::for_each_block(format, bytes, out, [](Block b, T* v) { detail::dequantize_q8_0(b, v); });
    case BlockFormat::q4_k:
      return detail::for_each_block(format, bytes, out, [](Block b, T* v) { detail::dequantize_q4_k(b, v); });
    case BlockFormat::q5_k:
      return detail::for_each_block(format, bytes, out, [](Block b, T* v) { detail::dequantize_q5_k(b, v); });
    case BlockFormat::q6_k:
      return detail::for_each_block(format, bytes, out, [](Block b, T* v) { detail::dequantize_q6_k(b, v); });
  }
}

/// Whether `quantize` writes the format.
[[nodiscard]] constexpr bool can_quantize(BlockFormat format) noexcept {
  return format == BlockFormat::f32 || format == BlockFormat::f16 || format == BlockFormat::bf16 ||
         format == BlockFormat::q8_0;
}

/// Converts numbers to F32, F16, BF16 or Q8_0, into exactly the bytes that they take.
///
/// Q8_0: the largest magnitude of each 32 becomes 127, in between to nearest, halves away from zero; the scale is
/// rounded to binary16 afterwards, as ggml does. Throws `Error` for other formats, a size that does not fit, and for
/// a number that is not finite or too large for Q8_0.
template <Scalar T>
void quantize(BlockFormat format, std::span<const T> values, std::span<std::byte> bytes) {
  const std::size_t expected = row_bytes(format, static_cast<Index>(values.size()));
  require(bytes.size() == expected, values.size(), " numbers of ", block_format_name(format), " take ", expected,
          " bytes, not ", bytes.size());
  require(can_quantize(format), "numbers cannot be stored as ", block_format_name(format),
          "; choose F32, F16, BF16 or Q8_0");
  if (format != BlockFormat::q8_0) {
    const DType dtype = format == BlockFormat::f32 ? DType::f32 : format == BlockFormat::f16 ? DType::f16 : DType::bf16;
    return detail::encode(dtype, values, bytes.data());
  }
  constexpr std::size_t numbers = block_size(BlockFormat::q8_0).numbers;
  for (std::size_t i = 0; i < values.size() / numbers; ++i) {
    const std::span<const T> block = values.subspan(i * numbers, numbers);
    float largest = 0;
    bool finite = true;
    for (const T value : block) {
      finite = finite && std::isfinite(static_cast<float>(value));
      largest = std::max(largest, std::abs(static_cast<float>(value)));
    }
    const float scale = largest / 127.0F;
    const std::uint16_t stored_scale = float_to_fp16(scale);
    require(finite && std::isfinite(fp16_to_float(stored_scale)), "number ", i * numbers, " or one of the ",
            numbers - 1, " after it is not finite or too large for Q8_0");
    std::byte* const out = bytes.data() + i * block_size(format).bytes;
    std::memcpy(out, &stored_scale, sizeof(stored_scale));
    const float inverse = stored_scale > 0 ? 1.0F / scale : 0.0F;  // else all of the block will read as 0
    for (std::size_t j = 0; j < numbers; ++j) {
      const float scaled = std::clamp(static_cast<float>(block[j]) * inverse, -127.0F, 127.0F);
      out[sizeof(stored_scale) + j] = static_cast<std::byte>(static_cast<std::int8_t>(std::lround(scaled)));
    }
  }
}

}  // namespace ampsft
