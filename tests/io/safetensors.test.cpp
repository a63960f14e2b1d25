// SPDX-License-Identifier: MIT
/// @file
/// Checks reading safetensors files that other programs could have written, and refusing those that nobody should.

#include <ampsft/io/safetensors.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "io/safetensors_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using testing::raw;
using testing::safetensors_bytes;

namespace {

/// One tensor of every dtype, each after the first at an odd address.
SafetensorsFile sample_file(const testing::TemporaryFolder& folder) {
  const std::string header = R"({"__metadata__":{"format":"pt"},)"
                             R"("flag":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},)"
                             R"("z.f32":{"dtype":"F32","shape":[2,3],"data_offsets":[1,25]},)"
                             R"("f64":{"dtype":"F64","shape":[2],"data_offsets":[25,41]},)"
                             R"("bf16":{"dtype":"BF16","shape":[1,2],"data_offsets":[41,45]},)"
                             R"("f16":{"dtype":"F16","shape":[2,1],"data_offsets":[45,49]},)"
                             R"("a.i64":{"dtype":"I64","shape":[1,2,1],"data_offsets":[49,65]},)"
                             R"("none":{"dtype":"F32","shape":[0,5],"data_offsets":[65,65]}} )";
  const std::string data = '\1' + raw<float>({1, 2, 3, 4, 5, 6.5F}) + raw<double>({0.1, -2}) +
                           raw<std::uint16_t>({0x3f80, 0xc000}) + raw<std::uint16_t>({0x3c00, 0x0001}) +
                           raw<std::int64_t>({-7, 1LL << 60});
  return SafetensorsFile(folder.write("sample.safetensors", safetensors_bytes(header, data)));
}

/// The error of opening a file with this header and so many bytes of data.
std::string error_of(const std::string& header, std::size_t data) {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("bad.safetensors", safetensors_bytes(header, std::string(data, '\0')));
  try {
    static_cast<void>(SafetensorsFile(path));
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ContainsSubstring("bad.safetensors"));
    return error.what();
  }
  return "no error";
}

std::string tensor(const std::string& shape, const std::string& offsets) {
  return R"({"t":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

}  // namespace

TEST_CASE("every dtype is read and converted from odd addresses") {
  const testing::TemporaryFolder folder;
  SafetensorsFile opened = sample_file(folder);
  const SafetensorsFile file = std::move(opened);

  CHECK(file.names() == std::vector<std::string>{"flag", "z.f32", "f64", "bf16", "f16", "a.i64", "none"});
  CHECK(file.metadata() == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK(file.contains("f16"));
  CHECK_FALSE(file.contains("f17"));
  CHECK_FALSE(file.verify_checksum());

  const Matrix<float> f32 = file.read_matrix<float>("z.f32");
  CHECK(map(f32) == (EigenMatrix<float>(2, 3) << 1, 2, 3, 4, 5, 6.5F).finished());
  const Matrix<float> f64 = file.read_matrix<float>("f64");
  CHECK(map(f64) == (EigenMatrix<float>(1, 2) << 0.1F, -2).finished());
  CHECK(file.read_matrix<double>("f64")(0, 0) == 0.1);
  CHECK(file.info("bf16").dtype == DType::bf16);
  const Matrix<double> bf16 = file.read_matrix<double>("bf16");
  CHECK(map(bf16) == (EigenMatrix<double>(1, 2) << 1, -2).finished());
  const Matrix<double> f16 = file.read_matrix<double>("f16");
  CHECK(map(f16) == (EigenMatrix<double>(2, 1) << 1, 0x1p-24).finished());
  CHECK(file.read_integers("a.i64") == std::vector<std::int64_t>{-7, 1LL << 60});
  CHECK(file.info("a.i64").shape == std::vector<Index>{1, 2, 1});
  CHECK(cols(file.read_matrix<float>("none")) == 5);
}

TEST_CASE("reading into memory wants the very same shape") {
  const testing::TemporaryFolder folder;
  const SafetensorsFile file = sample_file(folder);
  std::array<double, 6> values{};
  file.read_into("z.f32", std::array<Index, 2>{2, 3}, values.data());
  CHECK(values == std::array<double, 6>{1, 2, 3, 4, 5, 6.5});
  CHECK_THROWS_WITH(file.read_into("z.f32", std::array<Index, 2>{3, 2}, values.data()),
                    ContainsSubstring("[2, 3], but [3, 2] is needed"));

  Matrix<float> row = make_matrix<float>(1, 2);
  file.read_into("f64", row);  // rank 1
  CHECK(row(0, 1) == -2);
  file.read_into("bf16", row);  // rank 2
  CHECK(row(0, 1) == -2);
  CHECK_THROWS_WITH(file.read_into("f16", row), ContainsSubstring("[2, 1], but [1, 2] is needed"));
}

TEST_CASE("a tensor that cannot be had is an error that names it") {
  const testing::TemporaryFolder folder;
  const SafetensorsFile file = sample_file(folder);
  CHECK_THROWS_WITH(file.info("z.f23"), ContainsSubstring("\"z.f23\" is not in the file; did you mean \"z.f32\""));
  CHECK_THROWS_WITH(file.info("transformer.wte"), ContainsSubstring("there are 7: \"flag\", \"z.f32\""));
  CHECK_THROWS_WITH(file.read_matrix<float>("flag"), ContainsSubstring("\"flag\" has dtype BOOL"));
  CHECK_THROWS_WITH(file.read_matrix<float>("a.i64"), ContainsSubstring("one or two extents"));
  CHECK_THROWS_WITH(file.read_integers("f64"), ContainsSubstring("has dtype F64, not I64"));
  std::array<float, 2> values{};
  CHECK_THROWS_WITH(file.read_into("a.i64", std::array<Index, 3>{1, 2, 1}, values.data()),
                    ContainsSubstring("holds integers"));
}

TEST_CASE("a header that lies about its length is refused before it is read") {
  const testing::TemporaryFolder folder;
  const auto open = [&](const std::string& bytes) { return SafetensorsFile(folder.write("bad", bytes)); };
  const auto with_length = [](std::uint64_t length) { return raw<std::uint64_t>({length}) + "{}"; };
  CHECK_NOTHROW(open(with_length(2)));
  CHECK_THROWS_WITH(open("1234567"), ContainsSubstring("too few"));
  CHECK_THROWS_WITH(open(with_length(3)), ContainsSubstring("claims 3 bytes, but only 2 follow"));
  CHECK_THROWS_WITH(open(with_length(100'000'001)), ContainsSubstring("more than the 100000000"));
  CHECK_THROWS_WITH(open(with_length(~std::uint64_t{0})), ContainsSubstring("more than the 100000000"));
  CHECK_THROWS_AS(open(with_length(0)), Error);
  CHECK_THROWS_AS(open(with_length(1)), Error);
}

TEST_CASE("a header that is not what it should be is refused") {
  CHECK_THAT(error_of("{", 0), ContainsSubstring("parse error"));
  CHECK_THAT(error_of("{\"\xff\":1}", 0), ContainsSubstring("UTF-8"));
  CHECK_THAT(error_of("[1]", 0), ContainsSubstring("not a JSON object"));
  CHECK_THAT(error_of(std::string(100'000, '['), 0), ContainsSubstring("nested deeper"));
  CHECK_THAT(error_of(R"({"t":1})", 0), ContainsSubstring("must be described by an object"));
  CHECK_THAT(error_of(R"({"__metadata__":1})", 0), ContainsSubstring("__metadata__ must be an object"));
  CHECK_THAT(error_of(R"({"__metadata__":{"a":1}})", 0), ContainsSubstring("must be a string"));
  CHECK_THAT(error_of(R"({"t":{"shape":[],"data_offsets":[0,4]}})", 4), ContainsSubstring("dtype is missing"));
  CHECK_THAT(error_of(R"({"t":{"dtype":"F31","shape":[],"data_offsets":[0,4]}})", 4),
             ContainsSubstring("unknown dtype \"F31\"; supported are F64"));
  CHECK_THAT(error_of(R"({"t":{"dtype":"F32","data_offsets":[0,4]}})", 4), ContainsSubstring("shape is missing"));
  CHECK_THAT(error_of(R"({"t":{"dtype":"F32","shape":[]}})", 4), ContainsSubstring("data_offsets is missing"));
  CHECK_THAT(error_of(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                      R"("t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                      4),
             ContainsSubstring("\"t\" appears twice"));
}

TEST_CASE("shapes and offsets that do not fit are refused") {
  CHECK(error_of(tensor("[1]", "[0,4]"), 4) == "no error");
  CHECK(error_of(tensor("[]", "[0,4]"), 4) == "no error");
  CHECK_THAT(error_of(tensor("[-1]", "[0,4]"), 4), ContainsSubstring("whole numbers"));
  CHECK_THAT(error_of(tensor("[1.0]", "[0,4]"), 4), ContainsSubstring("whole numbers"));
  CHECK_THAT(error_of(tensor("[18446744073709551615]", "[0,4]"), 4), ContainsSubstring("whole numbers"));
  CHECK_THAT(error_of(tensor("[4294967296,4294967296]", "[0,0]"), 0), ContainsSubstring("too large"));
  CHECK_THAT(error_of(tensor("[4611686018427387905]", "[0,4]"), 4), ContainsSubstring("does not fit its 4 bytes"));
  CHECK_THAT(error_of(tensor("[2]", "[0,4]"), 4), ContainsSubstring("[2] of F32 does not fit its 4 bytes"));
  CHECK_THAT(error_of(tensor("[1]", "[0,4,8]"), 4), ContainsSubstring("two numbers"));
  CHECK_THAT(error_of(tensor("[1]", "[4,0]"), 4), ContainsSubstring("4 to 0"));
  CHECK_THAT(error_of(tensor("[2]", "[0,8]"), 4), ContainsSubstring("do not lie in the data area of 4 bytes"));
  CHECK_THAT(error_of(tensor("[1]", "[4,8]"), 8), ContainsSubstring("nor leave gaps"));
  CHECK_THAT(error_of(tensor("[1]", "[0,4]"), 5), ContainsSubstring("end at byte 4 of 5"));
  CHECK_THAT(error_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                      R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                      8),
             ContainsSubstring("neither overlap"));
}
