// SPDX-License-Identifier: MIT
/// @file
/// Who owns the numbers and how the views lie over them.
#include <ampsft/core/tensor.hpp>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

template <class M>
constexpr bool can_map = requires(M matrix) {
  {map(static_cast<M&&>(matrix)).rows()};
};

Matrix<double> counting(Index rows, Index cols) {
  Matrix<double> matrix = make_matrix<double>(rows, cols);
  double next = 0.0;
  for (double& element : matrix.storage()) {
    element = next++;
  }
  return matrix;
}

}  // namespace

TEST_CASE("make_matrix has the asked shape and value", "[core]") {
  const Matrix<float> matrix = make_matrix<float>(3, 5, 2.5F);
  CHECK(rows(matrix) == 3);
  CHECK(cols(matrix) == 5);
  CHECK((map(matrix).array() == 2.5F).all());
  CHECK(make_matrix<float>(0, 4).size() == 0);
  CHECK(cols(make_matrix<float>(0, 4)) == 4);
  CHECK(Matrix<double>{}.size() == 0);
  CHECK_THROWS_WITH(make_matrix<float>(-1, 4), ContainsSubstring("-1 x 4"));
  CHECK_THROWS_AS(make_matrix<float>(4, -1), Error);
}

TEST_CASE("make_matrix evaluates Eigen expressions", "[core]") {
  const Matrix<double> a = counting(2, 3);
  const Matrix<double> gram = make_matrix(map(a) * map(a).transpose());
  CHECK(rows(gram) == 2);
  CHECK(map(gram)(0, 1) == 0.0 * 3 + 1.0 * 4 + 2.0 * 5);
}

TEST_CASE("maps and flat views share the row-major memory", "[core]") {
  Matrix<double> matrix = counting(3, 4);
  CHECK(map(matrix)(1, 2) == 6.0);
  CHECK(matrix(1, 2) == 6.0);
  CHECK(flat(matrix)(6) == 6.0);
  CHECK(flat(matrix).size() == 12);
  map(matrix)(2, 3) = -1.0;
  CHECK(matrix(2, 3) == -1.0);
  flat(matrix)(0) = 7.0;
  CHECK(matrix(0, 0) == 7.0);
  CHECK(map(matrix).data() == matrix.data());
  const StridedMap<double> right(matrix.data() + 2, 3, 2, Eigen::OuterStride<>(4));
  CHECK(right(1, 0) == 6.0);
}

TEST_CASE("a temporary matrix cannot be mapped", "[core]") {
  STATIC_REQUIRE(can_map<Matrix<float>&>);
  STATIC_REQUIRE(can_map<const Matrix<float>&>);
  STATIC_REQUIRE_FALSE(can_map<Matrix<float>>);
}

TEST_CASE("the library computes with float and double only", "[core]") {
  STATIC_REQUIRE(Scalar<float>);
  STATIC_REQUIRE(Scalar<double>);
  STATIC_REQUIRE_FALSE(Scalar<int>);
  STATIC_REQUIRE_FALSE(Scalar<long double>);
}
