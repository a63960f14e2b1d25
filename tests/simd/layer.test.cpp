// SPDX-License-Identifier: MIT
/// @file
/// Outputs of layers by every path: few rows or many, a narrow side or none.
#include <ampsft/core/random.hpp>
#include <ampsft/simd/layer.hpp>

#include <limits>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

template <Scalar T>
Matrix<T> random_matrix(Index rows, Index cols, std::uint64_t seed) {
  Matrix<T> matrix = make_matrix<T>(rows, cols);
  Random random(seed);
  fill_normal(matrix, 1.0, random);
  return matrix;
}

/// `scale x w' + 1 bias'` onto `y`, in double.
template <Scalar T>
EigenMatrix<double> expected(const Matrix<T>& x, const Matrix<T>& w, const Matrix<T>& y, WriteMode mode, T scale,
                             const Matrix<T>& bias) {
  const auto wide = [](const Matrix<T>& m) { return EigenMatrix<double>(map(m).template cast<double>()); };
  EigenMatrix<double> result = static_cast<double>(scale) * (wide(x) * wide(w).transpose());
  if (mode == WriteMode::add) {
    result += wide(y);
  }
  if (rows(bias) > 0) {
    result.rowwise() += wide(bias).row(0);
  }
  return result;
}

template <Scalar T>
double error(const Matrix<T>& y, const EigenMatrix<double>& wanted) {
  return (map(y).template cast<double>() - wanted).cwiseAbs().maxCoeff();
}

}  // namespace

TEMPLATE_TEST_CASE("outputs of few rows and of many", "[simd]", float, double) {
  using T = TestType;
  const double tolerance = 600 * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (const Index count : {1, 2, 3, 5, 16, 17, 40}) {
    for (const auto& [outputs, inputs] : {std::pair<Index, Index>{65, 65}, {130, 97}, {70, 300}, {9, 80}, {90, 7}}) {
      const auto x = random_matrix<T>(count, inputs, 1);
      const auto w = random_matrix<T>(outputs, inputs, 2);
      for (const WriteMode mode : {WriteMode::overwrite, WriteMode::add}) {
        for (const Index biases : {0, 1}) {
          const auto bias = random_matrix<T>(biases, outputs, 3);
          auto y = random_matrix<T>(count, outputs, 4);
          const auto wanted = expected(x, w, y, mode, T{0.5}, bias);
          layer_output<T>(map(x), map(w), map(y), mode, T{0.5}, map(bias));
          INFO(count << " rows, " << outputs << " x " << inputs);
          CHECK(error(y, wanted) < tolerance);
        }
      }
    }
  }
}

TEST_CASE("an output of few rows and many columns takes little memory and keeps its bits") {
  const Index outputs = 180'000;  // times 13 rows are more than 2^20 numbers
  const auto x = random_matrix<float>(13, 66, 1);
  const auto w = random_matrix<float>(outputs, 66, 2);
  const auto bias = random_matrix<float>(1, outputs, 3);
  auto y = random_matrix<float>(13, outputs, 4);
  auto alone = y;
  layer_output<float>(map(x), map(w), map(y), WriteMode::add, 0.5F, map(bias));
  for (Index first = 0; first < outputs; first += 60'000) {
    layer_output<float>(map(x), map(w).middleRows(first, 60'000), map(alone).middleCols(first, 60'000), WriteMode::add,
                        0.5F, map(bias).middleCols(first, 60'000));
  }
  CHECK((y == alone));
}

TEST_CASE("an output of few rows and a weight in bfloat16") {
  const auto values = random_matrix<float>(130, 97, 2);
  Matrix<BFloat16> w = make_matrix<BFloat16>(130, 97);
  Matrix<float> rounded = make_matrix<float>(130, 97);
  for (std::size_t i = 0; i < values.size(); ++i) {
    w.data()[i] = static_cast<BFloat16>(values.data()[i]);
    rounded.data()[i] = static_cast<float>(w.data()[i]);
  }
  for (const Index count : {1, 4, 16}) {
    const auto x = random_matrix<float>(count, 97, 1);
    const auto bias = random_matrix<float>(1, 130, 3);
    auto y = random_matrix<float>(count, 130, 4);
    const auto wanted = expected(x, rounded, y, WriteMode::add, 2.0F, bias);
    layer_output_of_few<float, BFloat16>(map(x), map(w), map(y), WriteMode::add, 2.0F, map(bias));
    CHECK(error(y, wanted) < 1e-4);
  }
}

TEST_CASE("an output of few rows that does not fit is refused") {
  const auto x = random_matrix<double>(2, 70, 1);
  const auto w = random_matrix<double>(80, 70, 2);
  auto y = random_matrix<double>(2, 79, 3);
  CHECK_THROWS_AS(layer_output<double>(map(x), map(w), map(y)), Error);
  auto fits = random_matrix<double>(2, 80, 3);
  const auto bias = random_matrix<double>(1, 79, 3);
  CHECK_THROWS_AS(layer_output<double>(map(x), map(w), map(fits), WriteMode::overwrite, 1.0, map(bias)), Error);
}
