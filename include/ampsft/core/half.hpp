// SPDX-License-Identifier: MIT
/// @file
/// The two 16-bit floating-point formats of model files, to and from float.
#pragma once

#include <bit>
#include <cstdint>

namespace ampsft {

/// bfloat16 (8 exponent, 7 mantissa bits) to float, exact.
[[nodiscard]] constexpr float bf16_to_float(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

/// Nearest bfloat16, ties to even; overflow gives infinity; a NaN stays a (quiet) NaN of the same sign.
[[nodiscard]] constexpr std::uint16_t float_to_bf16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) {
    return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);  // the rounding below could carry a NaN to infinity
  }
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

/// IEEE binary16 (5 exponent, 10 mantissa bits) to float, exact, subnormals included.
[[nodiscard]] constexpr float fp16_to_float(std::uint16_t bits) noexcept {
  // All cases are computed and one is chosen by masks, so that compilers vectorise loops of it.
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t magnitude = bits & 0x7fffU;
  const float subnormal = static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24F;  // normal as a float
  const std::uint32_t is_subnormal = 0U - static_cast<std::uint32_t>(magnitude < 0x400U);
  const std::uint32_t is_special = 0U - static_cast<std::uint32_t>(magnitude >= 0x7c00U);
  constexpr std::uint32_t bias = 112U << 23U;  // from 15 to 127
  const std::uint32_t dequantized = (magnitude << 13U) + bias + (is_special & bias);
  return std::bit_cast<float>(sign | (is_subnormal & std::bit_cast<std::uint32_t>(subnormal)) |
                              (~is_subnormal & dequantized));
}

/// Nearest binary16, ties to even, subnormals included; from 65520 on infinity; a NaN stays a (quiet) NaN.
[[nodiscard]] constexpr std::uint16_t float_to_fp16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  std::uint32_t result = 0;
  if (magnitude > 0x7f800000U) {
    result = 0x7e00U | ((magnitude >> 13U) & 0x3ffU);
  } else if (magnitude >= 0x477ff000U) {  // 65520, halfway between the largest binary16 and the next power of two
    result = 0x7c00U;
  } else if (magnitude < 0x38800000U) {  // below 2^-14: floats in [0.5, 1) lie 2^-24 apart, as subnormals do
    result = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - std::bit_cast<std::uint32_t>(0.5F);
  } else {
    result = (magnitude - (112U << 23U) + 0xfffU + ((magnitude >> 13U) & 1U)) >> 13U;
  }
  return static_cast<std::uint16_t>(sign | result);
}

}  // namespace ampsft
