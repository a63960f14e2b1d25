// SPDX-License-Identifier: MIT
/// @file
/// Weights stored as bfloat16 are the float results rounded as `float_to_bf16` rounds, at every level.
#include <ampsft/core/half.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include <bit>
#include <cmath>
#include <cstdint>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// Halfway between neighbouring patterns and beside halfway, the largest, the smallest, infinity, NaNs, random ones.
std::vector<float> values() {
  std::vector<float> all{1.0F, 3.4e38F, std::numeric_limits<float>::max(), std::numeric_limits<float>::infinity()};
  for (const std::uint32_t nan : {0x7f800001U, 0x7fffffffU, 0x7fc00000U, 0x7f80ffffU}) {
    all.push_back(std::bit_cast<float>(nan));
  }
  for (std::uint32_t bits = 1; bits < 0x7f80U; bits += 3) {
    const std::uint32_t halfway = (bits << 16U) + 0x8000U;
    for (const std::uint32_t pattern : {bits << 16U, halfway - 1, halfway, halfway + 1}) {
      all.push_back(std::bit_cast<float>(pattern));
    }
  }
  Random random(7);
  for (int i = 0; i < 10'000; ++i) {
    all.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random() >> 33U)));
  }
  return all;
}

bool rounds_as_float_to_bf16(float value, float got) {
  if (std::isnan(value)) {
    return std::isnan(got);
  }
  // Processors that convert by themselves take subnormal numbers for zero, and so does Eigen's conversion in some
  // versions: both are accepted.
  const bool flushed = std::fabs(value) < std::numeric_limits<float>::min() && got == 0.0F;
  return flushed || got == bf16_to_float(float_to_bf16(value));
}

/// `value` times 1 for every value, `width` a row, stored as bfloat16.
void check_all(const std::vector<float>& all, Index n, Index width, Stores stores) {
  const EigenMatrix<float> one = EigenMatrix<float>::Ones(n, 1);
  const EigenMatrix<float> no_mean(0, width);
  const auto total = static_cast<Index>(all.size());
  EigenMatrix<BFloat16> w(n, width);
  for (Index first = 0; first + width <= total; first += width) {
    const ConstMatrixMap<float> line(all.data() + first, 1, width);
    for (const float sign : {1.0F, -1.0F}) {
      const EigenMatrix<float> s = sign * one;
      reconstruct<float, BFloat16>(s, line, no_mean, w, stores);
      for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < width; ++j) {
          const float value = sign * line(0, j);
          const auto got = static_cast<float>(w(i, j));
          if (!rounds_as_float_to_bf16(value, got)) {
            FAIL(concat(n, " x ", width, ", column ", j, ": ", value, " became ", got));
          }
        }
      }
    }
  }
  SUCCEED();
}

}  // namespace

TEST_CASE("bfloat16 weights are rounded to nearest, ties to even; NaN and overflow stay what they are") {
  const std::vector<float> all = values();
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    INFO("level " << simd::name(level));
    check_all(all, 1, 1024, Stores::cached);  // whole registers
    check_all(all, 2, 13, Stores::cached);    // mostly the masked end of rows
    check_all(all, 7, 1024, Stores::streaming);
    check_all(all, 33, 999, Stores::automatic);  // from a packed basis
  }
}

TEST_CASE("bfloat16 weights that serve as their own base are dequantized exactly") {
  Random random(1);
  Placed<BFloat16> w(9, 77, random);
  Placed<float> s(9, 1, random, 0.0);
  Placed<float> b(1, 77, random);
  Placed<float> no_mean(0, 77, random);
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    w.restore();
    reconstruct_onto<float, BFloat16>(w.view(), 1.0F, s.view(), b.view(), no_mean.view(), w.view());
    for (Index i = 0; i < w.rows(); ++i) {
      for (Index j = 0; j < w.cols(); ++j) {
        REQUIRE(w.now(i, j) == w(i, j));
      }
    }
  }
}
