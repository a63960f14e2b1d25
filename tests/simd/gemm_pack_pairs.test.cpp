// SPDX-License-Identifier: MIT
/// @file
/// Pairs of bfloat16 in memory: the fast ways lay them out as the slow one does.
#include <ampsft/core/random.hpp>
#include <ampsft/simd/detail/gemm_pack_pairs.hpp>

#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::simd::detail;

namespace {

std::uint32_t bits_of(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

std::vector<float> numbers(Index count) {
  using Limits = std::numeric_limits<float>;
  const float special[] = {Limits::quiet_NaN(),
                           -Limits::quiet_NaN(),
                           Limits::infinity(),
                           -Limits::infinity(),
                           Limits::max(),
                           Limits::denorm_min(),
                           -0.0F,
                           std::bit_cast<float>(0x7f800001U),
                           std::bit_cast<float>(0x3f808000U),
                           std::bit_cast<float>(0x3f818000U)};
  Random random(1);
  std::vector<float> all;
  for (Index i = 0; i < count; ++i) {
    all.push_back(i % 3 == 0 ? special[random.below(std::size(special))] : static_cast<float>(random.normal()));
  }
  return all;
}

}  // namespace

TEST_CASE("rows are packed in strips of pairs as number by number", "") {
  constexpr Index strip = 12;
  for (const Index depth : {1, 2, 7, 8, 9, 64, 101}) {
    for (const Index rows : {1, 12, 17}) {
      const std::vector<float> data = numbers(rows * (depth + 3));
      const GemmFactor<float> a{data.data(), rows, depth, depth + 3, 1};
      const Index lines = (depth + 1) / 2;
      std::vector<float> packed(static_cast<std::size_t>((rows + strip - 1) / strip * strip * lines));
      pack_strip_pairs(a, 0, rows, 0, depth, packed.data(), strip);
      for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < depth; j += 2) {
          const float second = j + 1 < depth ? *a.at(i, j + 1) : 0.0F;
          const float found = packed[static_cast<std::size_t>((i / strip * lines + j / 2) * strip + i % strip)];
          CHECK(bits_of(found) == bits_of(pair_of(*a.at(i, j), second)));
        }
      }
    }
  }
}

TEST_CASE("a weight in bfloat16 is packed in panels of pairs as number by number, either way around", "") {
  constexpr Index panel = 32;
  for (const Index depth : {1, 2, 8, 9, 23}) {
    for (const Index cols : {1, 3, 4, 8, 13, 32}) {
      for (const bool transposed : {false, true}) {
        std::vector<BFloat16> data;
        for (const float number : numbers((depth + 3) * (cols + 5))) {
          data.push_back(static_cast<BFloat16>(number));
        }
        const GemmFactor<BFloat16> b{data.data(), depth, cols, transposed ? 1 : cols + 5, transposed ? depth + 3 : 1};
        const std::size_t lines = static_cast<std::size_t>((depth + 1) / 2);
        std::vector<float> packed(lines * panel, -1.0F);
        pack_panel_pairs(b, 0, depth, 0, cols, 1.0F, packed.data(), panel);
        for (Index i = 0; i < depth; i += 2) {
          for (Index j = 0; j < panel; ++j) {
            const auto second = i + 1 < depth && j < cols ? *b.at(i + 1, j) : BFloat16(0.0F);
            const float expected = j < cols ? pair_of(*b.at(i, j), second) : 0.0F;
            CHECK(bits_of(packed[static_cast<std::size_t>(i / 2 * panel + j)]) == bits_of(expected));
          }
        }
      }
    }
  }
}
