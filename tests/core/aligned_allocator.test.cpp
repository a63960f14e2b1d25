// SPDX-License-Identifier: MIT
/// @file
/// Where matrices begin.
#include <ampsft/core/aligned_allocator.hpp>
#include <ampsft/core/tensor.hpp>

#include <cstdint>
#include <limits>

#include "support/catch.hpp"

using namespace ampsft;

TEMPLATE_TEST_CASE("every matrix begins on a cache line", "[core]", float, double) {
  const auto begins_aligned = [](const Matrix<TestType>& matrix) {
    return reinterpret_cast<std::uintptr_t>(matrix.data()) % 64 == 0;
  };
  for (Index size = 1; size < 100; ++size) {
    const Matrix<TestType> matrix = make_matrix<TestType>(1, size, TestType{0});
    const Matrix<TestType> copy = matrix;
    CHECK(begins_aligned(matrix));
    CHECK(begins_aligned(copy));
  }
}

TEST_CASE("an impossible size is refused, not wrapped around", "[core]") {
  AlignedAllocator<double> allocator;
  CHECK_THROWS_AS(allocator.allocate(std::numeric_limits<std::size_t>::max() / 4), std::bad_alloc);
  CHECK(allocator == AlignedAllocator<float>{});
}
