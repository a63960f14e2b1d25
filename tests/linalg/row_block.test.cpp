// SPDX-License-Identifier: MIT
/// @file
/// Rows are read alike from memory and from stored bytes of any format, and impossible blocks are refused.
#include <ampsft/linalg/row_block.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// The values stored as `dtype`, `shift` bytes after an aligned address.
template <class T>
std::vector<std::byte> stored(const Matrix<T>& values, DType dtype, std::size_t shift) {
  std::vector<std::byte> bytes(shift + values.size() * dtype_bytes(dtype));
  detail::encode<T>(dtype, {values.data(), values.size()}, bytes.data() + shift);
  return bytes;
}

}  // namespace

TEMPLATE_TEST_CASE("stored rows are read exactly, at any address and row", "", float, double) {
  const Matrix<TestType> values = normal_matrix<TestType>(37, 19, 3);
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16, DType::f16}) {
    for (const std::size_t shift : {0U, 1U, 2U, 4U}) {
      CAPTURE(dtype_name(dtype), shift);
      const auto bytes = stored(values, dtype, shift);
      const RowBlock<TestType> block("w", dtype, std::span(bytes).subspan(shift), 37, 19);
      CHECK(block.dtype() == dtype);
      Matrix<TestType> expected = make_matrix<TestType>(37, 19);
      detail::decode(dtype, std::span(bytes).subspan(shift), expected.data());
      Matrix<TestType> buffer;
      for (const auto& [first, count] : {std::pair<Index, Index>{0, 37}, {5, 20}, {36, 1}, {37, 0}}) {
        const auto rows = block.read(first, count, buffer);
        CHECK(rows == map(expected).middleRows(first, count));
        CHECK((rows.data() != buffer.data()) == block.in_place());
      }
      CHECK(block.in_place() == (dtype == dtype_of<TestType> && shift % alignof(TestType) == 0));
    }
  }
}

TEST_CASE("16-bit numbers of every kind become the float that they are") {
  for (const DType dtype : {DType::bf16, DType::f16}) {
    std::vector<std::uint16_t> bits(1U << 16U);
    for (std::size_t i = 0; i < bits.size(); ++i) {
      bits[i] = static_cast<std::uint16_t>(i);
    }
    const RowBlock<float> block("all", dtype, std::as_bytes(std::span(bits)), 64, 1024);
    Matrix<float> buffer;
    const auto rows = block.read(0, 64, buffer);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const float expected = dtype == DType::bf16 ? bf16_to_float(bits[i]) : fp16_to_float(bits[i]);
      const float found = rows(static_cast<Index>(i / 1024), static_cast<Index>(i % 1024));
      const bool same = std::isnan(expected) ? std::isnan(found) : std::memcmp(&found, &expected, 4) == 0;
      wrong += same ? 0U : 1U;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("rows that a function gives are read as asked, and only those") {
  Index reads = 0;
  const RowBlock<double> block("w", 7, 3, [&](Index first, Index count, double* to) {
    ++reads;
    for (Index i = 0; i < count * 3; ++i) {
      to[i] = static_cast<double>(first * 3 + i);
    }
  });
  CHECK(block.rows() == 7);
  CHECK(block.cols() == 3);
  CHECK_FALSE(block.in_place());
  Matrix<double> buffer;
  const RowBlock<double> copy = block;
  const auto rows = copy.read(2, 4, buffer);
  CHECK(rows.data() == buffer.data());
  CHECK(rows.rows() == 4);
  CHECK(rows(0, 0) == 6.0);
  CHECK(rows(3, 2) == 17.0);
  CHECK(reads == 1);
  CHECK(block.read(7, 0, buffer).rows() == 0);
  CHECK_THROWS_WITH(block.read(5, 3, buffer), ContainsSubstring("'w' has no rows 5 to 8"));
  CHECK_THROWS_WITH(RowBlock<double>("w", 7, 3, nullptr), ContainsSubstring("'w' has no function"));
  CHECK_THROWS_WITH(RowBlock<double>("w", -1, 3, [](Index, Index, double*) {}), ContainsSubstring("-1 x 3"));
}

TEST_CASE("rows in memory are read where they are") {
  const Matrix<double> wide = normal_matrix<double>(9, 8, 1);
  const ConstStridedMap<double> part(wide.data() + 2, 9, 5, Eigen::OuterStride<>(8));
  const RowBlock<double> block("part", part);
  Matrix<double> buffer;
  CHECK(block.read(3, 4, buffer) == map(wide).block(3, 2, 4, 5));
  CHECK(buffer.size() == 0);
  const RowBlock<double> unnamed = map(wide);
  CHECK(unnamed.name() == "matrix");
  CHECK(unnamed.read(0, 9, buffer).data() == wide.data());
}

TEST_CASE("impossible blocks are refused by name") {
  const std::vector<std::byte> bytes(24);
  using Block = RowBlock<float>;
  CHECK_THROWS_WITH(Block("w", DType::i64, bytes, 1, 3), ContainsSubstring("'w'") && ContainsSubstring("I64"));
  CHECK_THROWS_WITH(Block("w", DType::f32, bytes, 2, 4), ContainsSubstring("24 bytes"));
  CHECK_THROWS_WITH(Block("w", DType::f32, bytes, 1, 3), ContainsSubstring("12"));
  CHECK_THROWS_AS(Block("w", DType::f32, bytes, -1, 3), Error);
  CHECK_THROWS_AS(Block("w", DType::f32, bytes, std::numeric_limits<Index>::max(), 3), Error);
  Matrix<float> buffer;
  const Block block("w", DType::f32, bytes, 2, 3);
  CHECK_THROWS_WITH(block.read(1, 2, buffer), ContainsSubstring("'w'") && ContainsSubstring("has 2"));
  CHECK_THROWS_AS(block.read(-1, 1, buffer), Error);
  CHECK(Block("e", DType::f16, {}, 0, 7).read(0, 0, buffer).rows() == 0);
}
