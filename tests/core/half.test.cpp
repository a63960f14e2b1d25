// SPDX-License-Identifier: MIT
/// @file
/// Checks the 16-bit formats against a naive decoder over all bit patterns, and rounding against a search.

#include <ampsft/core/half.hpp>
#include <ampsft/core/random.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

/// What IEEE 754 says of a 16-bit pattern with so many mantissa bits.
double naive_value(std::uint32_t bits, int mantissa_bits) {
  const int exponent_bits = 15 - mantissa_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const auto exponent = static_cast<int>((bits & 0x7fffU) >> mantissa_bits);
  const auto mantissa = static_cast<double>(bits & ((1U << mantissa_bits) - 1U));
  const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) {
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  }
  return exponent == 0 ? sign * std::ldexp(mantissa, 1 - bias - mantissa_bits)
                       : sign * std::ldexp(mantissa + std::ldexp(1.0, mantissa_bits), exponent - bias - mantissa_bits);
}

/// Nearest of all non-negative patterns to |value|, ties to the even one; infinity counts as the next power of two.
std::uint16_t naive_round(float value, int mantissa_bits) {
  const auto infinity = ((1U << (15 - mantissa_bits)) - 1U) << mantissa_bits;
  const auto magnitude = [&](std::uint32_t bits) {
    return bits < infinity ? naive_value(bits, mantissa_bits)
                           : 2 * naive_value(infinity - (1U << mantissa_bits), mantissa_bits);
  };
  const double wanted = std::fabs(static_cast<double>(value));
  std::uint32_t low = 0;
  std::uint32_t high = infinity;
  while (high - low > 1) {
    const std::uint32_t middle = (low + high) / 2;
    (magnitude(middle) <= wanted ? low : high) = middle;
  }
  const double below = wanted - magnitude(low);
  const double above = magnitude(high) - wanted;
  const std::uint32_t nearest = below < above || (below == above && low % 2 == 0) ? low : high;
  return static_cast<std::uint16_t>(nearest | (std::signbit(value) ? 0x8000U : 0U));
}

struct Format {
  int mantissa_bits;
  float (*to_float)(std::uint16_t);
  std::uint16_t (*from_float)(float);
};

constexpr Format formats[] = {{7, bf16_to_float, float_to_bf16}, {10, fp16_to_float, float_to_fp16}};

}  // namespace

TEST_CASE("every 16-bit pattern decodes as the standard says and comes back") {
  for (const Format& format : formats) {
    for (std::uint32_t bits = 0; bits < 65'536; ++bits) {
      const float value = format.to_float(static_cast<std::uint16_t>(bits));
      const double expected = naive_value(bits, format.mantissa_bits);
      const std::uint16_t back = format.from_float(value);
      if (std::isnan(expected)) {
        const std::uint32_t quiet = 1U << (format.mantissa_bits - 1);
        REQUIRE(std::isnan(value));
        REQUIRE(back == (bits | quiet));
      } else {
        REQUIRE(std::bit_cast<std::uint64_t>(static_cast<double>(value)) == std::bit_cast<std::uint64_t>(expected));
        REQUIRE(back == bits);
      }
    }
  }
}

TEST_CASE("rounding goes to the nearest pattern, ties to even") {
  for (const Format& format : formats) {
    std::vector<float> values{0.0F, -0.0F, 65'519.0F, 65'519.996F, 65'520.0F, 3.4e38F, 1e-45F, 0x1p-25F, 0x1.8p-25F};
    for (std::uint32_t bits = 0; bits < 0x7c00U; bits += 3) {  // halfway between neighbours, and beside halfway
      const auto low = format.to_float(static_cast<std::uint16_t>(bits));
      const auto high = format.to_float(static_cast<std::uint16_t>(bits + 1));
      const auto halfway = static_cast<float>((static_cast<double>(low) + static_cast<double>(high)) / 2);
      values.insert(values.end(), {halfway, std::nextafter(halfway, 0.0F), std::nextafter(halfway, 1e38F)});
    }
    Random random(7);
    for (int i = 0; i < 100'000; ++i) {
      const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random() >> 32U));
      if (std::isfinite(value)) {
        values.push_back(value);
      }
    }
    for (const float value : values) {
      REQUIRE(format.from_float(value) == naive_round(value, format.mantissa_bits));
      REQUIRE(format.from_float(-value) == naive_round(-value, format.mantissa_bits));
    }
  }
}

TEST_CASE("a NaN whose payload does not fit stays a NaN") {
  const auto nan = std::bit_cast<float>(0x7f800001U);
  CHECK(std::isnan(bf16_to_float(float_to_bf16(nan))));
  CHECK(std::isnan(fp16_to_float(float_to_fp16(nan))));
  static_assert(float_to_fp16(1.0F) == 0x3c00 && float_to_bf16(-2.0F) == 0xc000);
}
