// SPDX-License-Identifier: MIT
/// @file
/// A GGUF file that the reference implementation wrote: metadata of every kind, tensors, panels of rows.
#include <ampsft/io/gguf.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

GgufFile fixture() {
  return GgufFile(std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "quantized_blocks.gguf");
}

}  // namespace

TEST_CASE("metadata of every kind of number are read") {
  const GgufFile file = fixture();
  CHECK(file.version() == 3);
  CHECK(file.keys().front() == "general.architecture");
  CHECK(file.value("test.u8").integer() == 200);
  CHECK(file.value("test.i8").integer() == -100);
  CHECK(file.value("test.u16").integer() == 60000);
  CHECK(file.value("test.i16").integer() == -30000);
  CHECK(file.value("test.u32").integer() == 4000000000);
  CHECK(file.value("test.i32").integer() == -2000000000);
  CHECK(file.value("test.u64").integer() == std::int64_t{1} << 60);
  CHECK(file.value("test.i64").integer() == -(std::int64_t{1} << 60));
  CHECK(file.value("test.f32").number() == 1.5);
  CHECK(file.value("test.f64").number() == 0.1);
  CHECK(file.value("test.u8").number() == 200.0);
  CHECK(file.value("test.bool").flag());
  CHECK(file.value("test.string").text() == "a string: \xe2\x98\x83");
}

TEST_CASE("metadata arrays are read") {
  const GgufFile file = fixture();
  CHECK(file.value("test.strings").texts() == std::vector<std::string_view>{"one", "", "three"});
  CHECK(file.value("test.integers").numbers<std::int32_t>() == std::vector<std::int32_t>{1, -2, 3});
  CHECK(file.value("test.floats").numbers<float>() == std::vector<float>{0.5F, -0.25F});
  CHECK(file.value("test.integers").numbers<double>() == std::vector<double>{1, -2, 3});
  CHECK(file.value("test.nested").size() == 2);
}

TEST_CASE("metadata of another kind are refused by file and key") {
  const GgufFile file = fixture();
  CHECK_THROWS_WITH(file.value("test.string").integer(), ContainsSubstring("quantized_blocks.gguf") &&
                                                             ContainsSubstring("\"test.string\"") &&
                                                             ContainsSubstring("not string"));
  CHECK_THROWS_WITH(file.value("test.f32").integer(), ContainsSubstring("whole number, not f32"));
  CHECK_THROWS_WITH(file.value("test.integers").text(), ContainsSubstring("not an array of i32"));
  CHECK_THROWS_WITH(file.value("test.integers").texts(), ContainsSubstring("array of strings"));
  CHECK_THROWS_WITH(file.value("test.floats").numbers<int>(), ContainsSubstring("whole numbers"));
  CHECK_THROWS_WITH(file.value("test.integers").numbers<std::uint32_t>(), ContainsSubstring("-2"));
  CHECK_THROWS_WITH(file.value("test.nested").numbers<int>(), ContainsSubstring("array of array"));
  CHECK_THROWS_WITH(file.value("test.i8").integer(0, 10), ContainsSubstring("0 to 10"));
  CHECK_THROWS_WITH(file.value("test.u8").flag(), ContainsSubstring("bool"));
  CHECK_THROWS_WITH(file.value("test.u9"), ContainsSubstring("missing") && ContainsSubstring("\"test.u8\""));
  CHECK(file.find("nothing") == nullptr);
}

TEST_CASE("shapes of tensors are row-major") {
  const GgufFile file = fixture();
  CHECK(file.names().front() == "Q4_0");
  CHECK(file.shape("Q4_0") == std::vector<Index>{3, 64});
  CHECK(file.info("Q4_K").format == BlockFormat::q4_k);
  CHECK(file.info("Q4_K").bytes.size() == 3 * 2 * 144);
  CHECK(file.contains("Q5_1"));
  CHECK_THROWS_WITH(file.info("Q5_9"), ContainsSubstring("did you mean"));
}

TEST_CASE("a panel of rows is the same rows of the matrix") {
  const GgufFile file = fixture();
  const Matrix<float> all = file.read_matrix<float>("Q6_K");
  Matrix<float> panel = make_matrix<float>(2, 512);
  file.read_rows("Q6_K", 1, panel);
  CHECK(map(panel) == map(all).bottomRows(2));
  CHECK_THROWS_WITH(file.read_rows("Q6_K", 2, panel), ContainsSubstring("\"Q6_K\"") && ContainsSubstring("no rows"));
  CHECK_THROWS_WITH(file.read_rows("Q6_K", -1, panel), ContainsSubstring("no rows"));
  CHECK_THROWS_WITH(file.read_rows("Q4_0", 0, panel), ContainsSubstring("rows of 512"));
}
