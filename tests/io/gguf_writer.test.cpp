// SPDX-License-Identifier: MIT
/// @file
/// What the writer of GGUF files stores comes back.
#include <ampsft/core/random.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/gguf_writer.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

TEST_CASE("metadata of every kind come back") {
  const testing::TemporaryFolder folder;
  GgufWriter writer;
  const auto both_ends = [&]<class T>(const std::string& key, T) {
    writer.set(key + ".least", std::numeric_limits<T>::lowest());
    writer.set(key + ".most", std::numeric_limits<T>::max());
  };
  both_ends("u8", std::uint8_t{});
  both_ends("i8", std::int8_t{});
  both_ends("u16", std::uint16_t{});
  both_ends("i16", std::int16_t{});
  both_ends("u32", std::uint32_t{});
  both_ends("i32", std::int32_t{});
  both_ends("i64", std::int64_t{});
  writer.set("u64", std::uint64_t{1} << 62);
  writer.set("f32", 0.1F);
  writer.set("f64", 0.1);
  writer.set("yes", true);
  writer.set("no", false);
  writer.set("text", std::string("a\0b", 3));
  writer.set_array("texts", std::vector<std::string>{"x", "", "yz"});
  writer.set_array("bytes", std::vector<std::uint8_t>{0, 255});
  writer.set_array("longs", std::vector<std::int64_t>{-1, 1});
  writer.write(folder.path() / "a.gguf");

  const GgufFile file(folder.path() / "a.gguf");
  const auto came_back = [&]<class T>(const std::string& key, T) {
    return file.value(key + ".least").integer() == std::numeric_limits<T>::lowest() &&
           file.value(key + ".most").integer() == std::numeric_limits<T>::max();
  };
  CHECK(came_back("u8", std::uint8_t{}));
  CHECK(came_back("i8", std::int8_t{}));
  CHECK(came_back("u16", std::uint16_t{}));
  CHECK(came_back("i16", std::int16_t{}));
  CHECK(came_back("u32", std::uint32_t{}));
  CHECK(came_back("i32", std::int32_t{}));
  CHECK(came_back("i64", std::int64_t{}));
  CHECK(file.value("u64").integer() == std::int64_t{1} << 62);
  CHECK(file.value("f32").number() == static_cast<double>(0.1F));
  CHECK(file.value("f64").number() == 0.1);
  CHECK(file.value("yes").flag());
  CHECK_FALSE(file.value("no").flag());
  CHECK(file.value("text").text() == std::string("a\0b", 3));
  CHECK(file.value("texts").texts() == std::vector<std::string_view>{"x", "", "yz"});
  CHECK(file.value("bytes").numbers<int>() == std::vector<int>{0, 255});
  CHECK(file.value("longs").numbers<std::int64_t>() == std::vector<std::int64_t>{-1, 1});
  CHECK(file.keys().back() == "longs");
}

TEST_CASE("tensors come back in each format, to its precision") {
  const testing::TemporaryFolder folder;
  Matrix<double> values = make_matrix<double>(3, 64);
  Random random(3);
  fill_normal(values, 1, random);
  GgufWriter writer;
  writer.add("f32", values);
  writer.add("f16", BlockFormat::f16, {3, 64}, values);
  writer.add("bf16", BlockFormat::bf16, {192}, values);
  writer.add("q8", BlockFormat::q8_0, {3, 64}, values);
  writer.add("cube", BlockFormat::f32, {3, 4, 16}, values);
  writer.write(folder.path() / "a.gguf");

  const GgufFile file(folder.path() / "a.gguf");
  const auto error = [&](const std::string& name) {
    return (flat(file.read_matrix<double>(name)) - flat(std::as_const(values))).abs().maxCoeff();
  };
  CHECK(error("f32") < 1e-6);
  CHECK(error("f16") < 2e-3);
  CHECK(error("bf16") < 2e-2);
  CHECK(error("q8") < 2e-2);
  CHECK(file.shape("bf16") == std::vector<Index>{192});
  CHECK(file.shape("cube") == std::vector<Index>{3, 4, 16});
  CHECK_THROWS_WITH(file.read_matrix<float>("cube"), ContainsSubstring("[3, 4, 16]"));
}

TEST_CASE("the writer refuses what it cannot store") {
  const testing::TemporaryFolder folder;
  const Matrix<float> values = make_matrix<float>(2, 32, std::numeric_limits<float>::infinity());
  GgufWriter writer;
  writer.set("k", 1);
  writer.add("t", values);
  CHECK_THROWS_WITH(writer.set("k", 2), ContainsSubstring("\"k\" was set before"));
  CHECK_THROWS_WITH(writer.set("general.alignment", 64U), ContainsSubstring("writer's own"));
  CHECK_THROWS_WITH(writer.add("t", values), ContainsSubstring("\"t\" was added before"));
  CHECK_THROWS_WITH(writer.add("u", BlockFormat::q4_k, {2, 32}, values), ContainsSubstring("Q4_K"));
  CHECK_THROWS_WITH(writer.add("u", BlockFormat::f32, {2, 31}, values), ContainsSubstring("does not fit"));
  CHECK_THROWS_WITH(writer.add("u", BlockFormat::q8_0, {4, 16}, values), ContainsSubstring("whole blocks"));
  CHECK_THROWS_WITH(writer.add("u", BlockFormat::f32, {}, values), ContainsSubstring("0 extents"));
  writer.add("u", BlockFormat::q8_0, {2, 32}, values);
  CHECK_THROWS_WITH(writer.write(folder.path() / "a.gguf"), ContainsSubstring("\"u\"") && ContainsSubstring("finite"));
  CHECK(folder.file_count() == 0);
}
