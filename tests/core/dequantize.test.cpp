// SPDX-License-Identifier: MIT
/// @file
/// Blocks of every format against the reference implementation's numbers, and Q8_0 against its bytes.
#include <ampsft/core/dequantize.hpp>
#include <ampsft/io/gguf.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

GgufFile fixture() {
  return GgufFile(std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "quantized_blocks.gguf");
}

}  // namespace

TEMPLATE_TEST_CASE("every block format gives the reference's numbers", "", float, double) {
  const GgufFile file = fixture();
  for (const BlockFormat format : block_formats) {
    if (format == BlockFormat::f32) {
      continue;  // the reference's numbers themselves
    }
    const std::string name(block_format_name(format));
    INFO(name);
    const auto actual = file.read_matrix<TestType>(name);
    const auto expected = file.read_matrix<float>(name + ".numbers");
    REQUIRE(actual.size() == expected.size());
    // One rounding of a product apart, where the compiler fuses it with the addition of the minimum.
    const double largest = static_cast<double>(flat(expected).abs().maxCoeff());
    CHECK(largest > 0);
    CHECK((flat(actual).template cast<double>() - flat(expected).template cast<double>()).abs().maxCoeff() <=
          1e-7 * largest);
  }
}

TEST_CASE("Q8_0 is quantised to the reference's bytes") {
  const GgufFile file = fixture();
  const Matrix<float> source = file.read_matrix<float>("source");
  const auto expected = file.info("quantized").bytes;
  std::vector<std::byte> actual(expected.size());
  quantize(BlockFormat::q8_0, std::span<const float>(source.data(), source.size()), std::span(actual));
  CHECK(std::equal(actual.begin(), actual.end(), expected.begin(), expected.end()));
}

TEST_CASE("a Q8_0 block of numbers too small for its scale is zero") {
  const std::vector<float> tiny(32, 1e-42F);
  std::vector<std::byte> bytes(34);
  quantize(BlockFormat::q8_0, std::span(tiny), std::span(bytes));
  std::vector<float> back(32, 1);
  dequantize(BlockFormat::q8_0, std::span<const std::byte>(bytes), std::span(back));
  CHECK(back == std::vector<float>(32, 0));
}

TEST_CASE("sizes that do not fit and numbers that cannot be stored are refused") {
  std::vector<float> numbers(32);
  std::vector<std::byte> bytes(34);
  const std::span<const std::byte> stored(bytes);
  CHECK_THROWS_WITH(dequantize(BlockFormat::q8_0, stored, std::span(numbers).first(31)),
                    ContainsSubstring("31") && ContainsSubstring("Q8_0"));
  CHECK_THROWS_WITH(dequantize(BlockFormat::q8_0, stored.first(33), std::span(numbers)), ContainsSubstring("33"));
  CHECK_THROWS_WITH(row_bytes(BlockFormat::q4_k, 128), ContainsSubstring("256 each"));
  CHECK_THROWS_WITH(quantize(BlockFormat::q4_0, std::span<const float>(numbers), std::span(bytes).first(18)),
                    ContainsSubstring("Q4_0"));
  numbers[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(quantize(BlockFormat::q8_0, std::span<const float>(numbers), std::span(bytes)),
                    ContainsSubstring("finite"));
  numbers[7] = 1e30F;
  CHECK_THROWS_WITH(quantize(BlockFormat::q8_0, std::span<const float>(numbers), std::span(bytes)),
                    ContainsSubstring("too large"));
}

TEST_CASE("names of block formats are found again") {
  for (const BlockFormat format : block_formats) {
    CHECK(find_block_format(block_format_name(format)) == format);
  }
  CHECK_FALSE(find_block_format("Q2_K").has_value());
  CHECK(block_format_list().starts_with("F32, F16, BF16, Q4_0"));
}
