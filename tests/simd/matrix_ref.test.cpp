// SPDX-License-Identifier: MIT
/// @file
/// What a reference to a matrix can be made of, and what it must refuse to misread.
#include <ampsft/simd/matrix_ref.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

using Transposed = decltype(std::declval<EigenMatrix<float>&>().transpose());
using Column = decltype(std::declval<EigenMatrix<float>&>().col(0));

static_assert(std::is_constructible_v<MatrixRef<float>, EigenMatrix<float>&>);
static_assert(std::is_constructible_v<MatrixRef<const float>, const EigenMatrix<float>&>);
static_assert(std::is_constructible_v<MatrixRef<float>, StridedMap<float>>);
static_assert(!std::is_constructible_v<MatrixRef<float>, const EigenMatrix<float>&>, "it could be written to");
static_assert(!std::is_constructible_v<MatrixRef<float>, Eigen::MatrixXf&>, "column by column");
static_assert(!std::is_constructible_v<MatrixRef<float>, Transposed>, "column by column");
static_assert(!std::is_constructible_v<MatrixRef<float>, Column>, "elements apart");
static_assert(!std::is_constructible_v<MatrixRef<float>, EigenMatrix<double>&>, "another type");

TEST_CASE("a reference to a column takes its elements as rows") {
  Eigen::VectorXf column(5);
  const MatrixRef<float> reference(column);
  CHECK(reference.rows == 5);
  CHECK(reference.cols == 1);
  CHECK(reference.stride == 1);
}

TEST_CASE("weights at an address that no element should have are stored all the same") {
  constexpr Index n = 40;
  constexpr Index d = 256;
  const EigenMatrix<float> scores = EigenMatrix<float>::Ones(n, 4);
  const EigenMatrix<float> components = EigenMatrix<float>::Ones(4, d);
  std::vector<std::byte> memory(static_cast<std::size_t>(n * d) * sizeof(float) + 1);
  for (const simd::Level level : simd::levels()) {
    if (level == simd::Level::scalar || level == simd::Level::neon) {
      continue;  // plain stores, which need aligned elements
    }
    const UseLevel use(level);
    for (const Stores stores : {Stores::cached, Stores::streaming}) {
      auto* const place = reinterpret_cast<float*>(memory.data() + 1);
      reconstruct<float>(scores, components, EigenMatrix<float>(0, d), MatrixMap<float>(place, n, d), stores);
      float last = 0.0F;
      std::memcpy(&last, memory.data() + 1 + (static_cast<std::size_t>(n * d) - 1) * sizeof(float), sizeof(last));
      CHECK(last == 4.0F);
    }
  }
}
