// SPDX-License-Identifier: MIT
/// @file
/// Products with a weight that stays quantised, against the same weight dequantised.
#include <ampsft/autograd/quantized_weight.hpp>
#include <ampsft/core/random.hpp>

#include <memory>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

TEMPLATE_TEST_CASE("a quantised weight computes what its numbers compute", "[autograd]", float, double) {
  using T = TestType;
  Random random(7);
  struct Case {
    BlockFormat format;
    Index rows;
    Index cols;
  };
  // one panel, several with a rest, rows of any length where a number is a block
  for (const auto& [format, n, d] : {Case{BlockFormat::q8_0, 5, 32}, Case{BlockFormat::q8_0, 300, 2048},
                                     Case{BlockFormat::bf16, 131, 4097}, Case{BlockFormat::f32, 70, 33}}) {
    Matrix<float> values = make_matrix<float>(n, d);
    fill_normal(values, 1, random);
    const auto bytes = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(n) * row_bytes(format, d));
    quantize(format, std::span<const float>(values.data(), values.size()), std::span<std::byte>(*bytes));
    const QuantizedWeight<T> weight("w", format, *bytes, n, d, bytes);
    Matrix<T> w = make_matrix<T>(n, d);
    dequantize(format, *bytes, std::span<T>(w.data(), w.size()));
    CHECK((weight.dequantized() == w));
    CHECK(weight.bytes() == static_cast<Index>(bytes->size()));

    const auto any = [&](Index rows, Index cols) {
      Matrix<T> matrix = make_matrix<T>(rows, cols);
      fill_normal(matrix, 1, random);
      return matrix;
    };
    const Matrix<T> x = any(3, d), dy = any(3, n), bias = any(1, n);
    const double tolerance = std::same_as<T, float> ? 1e-3 : 1e-10;
    for (const auto mode : {WriteMode::overwrite, WriteMode::add}) {
      Matrix<T> y = any(3, n), dx = any(3, d);
      const EigenMatrix<T> old_y = map(y), old_dx = map(dx);
      const T kept = mode == WriteMode::add ? T{1} : T{0};
      weight.output(map(x), map(y), mode, T{2}, map(bias));
      EigenMatrix<T> y_wanted = kept * old_y + T{2} * map(x) * map(w).transpose();
      y_wanted.rowwise() += map(bias).row(0);
      CHECK((map(y) - y_wanted).cwiseAbs().maxCoeff() < tolerance);
      weight.input_gradient(map(dy), map(dx), mode, T{2});
      const EigenMatrix<T> dx_wanted = kept * old_dx + T{2} * map(dy) * map(w);
      CHECK((map(dx) - dx_wanted).cwiseAbs().maxCoeff() < tolerance);
      // the rows of the weight in two parts
      Matrix<T> parts = make_matrix(old_y), sum = make_matrix(old_dx);
      for (const auto& [first, count] : {std::pair<Index, Index>{0, n / 3}, {n / 3, n - n / 3}}) {
        weight.output_part(first, map(x), map(parts).middleCols(first, count), mode, T{2},
                           map(bias).middleCols(first, count));
        weight.input_gradient_part(first, map(dy).middleCols(first, count), map(sum),
                                   first == 0 ? mode : WriteMode::add, T{2});
      }
      CHECK((map(parts) - y_wanted).cwiseAbs().maxCoeff() < tolerance);
      CHECK((map(sum) - dx_wanted).cwiseAbs().maxCoeff() < tolerance);
    }
  }
}

TEST_CASE("bytes that are not the weight's rows are refused by its name", "[autograd]") {
  const std::vector<std::byte> bytes(68);
  using Weight = QuantizedWeight<float>;
  CHECK_NOTHROW(Weight("w", BlockFormat::q8_0, bytes, 2, 32, nullptr));
  CHECK_THROWS_WITH(Weight("up.weight", BlockFormat::q8_0, bytes, 3, 32, nullptr),
                    ContainsSubstring("up.weight") && ContainsSubstring("68 bytes"));
  CHECK_THROWS_WITH(Weight("up.weight", BlockFormat::q8_0, bytes, 2, 31, nullptr), ContainsSubstring("whole blocks"));
  CHECK_THROWS_WITH(Weight("up.weight", BlockFormat::q8_0, bytes, 0, 32, nullptr), ContainsSubstring("0 rows"));
}

TEST_CASE("threads that widen panels of their own compute what one computes", "[autograd]") {
  Random random(8);
  const auto any = [&](Index rows, Index cols) {
    Matrix<float> matrix = make_matrix<float>(rows, cols);
    fill_normal(matrix, 1, random);
    return matrix;
  };
  // enough rows and columns for three threads, with and without a rest; for two only; for one only
  for (const auto& [n, d] :
       {std::pair<Index, Index>(770, 800), std::pair<Index, Index>(512, 544), std::pair<Index, Index>(511, 480)}) {
    const Matrix<float> values = any(n, d);
    const auto bytes =
        std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(n) * row_bytes(BlockFormat::q8_0, d));
    quantize(BlockFormat::q8_0, std::span<const float>(values.data(), values.size()), std::span<std::byte>(*bytes));
    const QuantizedWeight<float> weight("w", BlockFormat::q8_0, *bytes, n, d, bytes);
    const Matrix<float> dequantized = weight.dequantized();
    const EigenMatrix<double> w = map(dequantized).cast<double>();
    for (const Index tokens : {1, 40}) {  // few and many rows have kernels of their own
      const Matrix<float> x = any(tokens, d), dy = any(tokens, n), bias = any(1, n);
      for (const int threads : {1, 2, 3}) {
        set_thread_count(threads);
        CAPTURE(n, d, tokens, threads);
        Matrix<float> y = any(tokens, n), dx = any(tokens, d);
        weight.output(map(x), map(y), WriteMode::overwrite, 1.0F, map(bias));
        EigenMatrix<double> y_wanted = map(x).cast<double>() * w.transpose();
        y_wanted.rowwise() += map(bias).cast<double>().row(0);
        CHECK((map(y).cast<double>() - y_wanted).cwiseAbs().maxCoeff() < 1e-3);
        weight.input_gradient(map(dy), map(dx), WriteMode::overwrite, 1.0F);
        CHECK((map(dx).cast<double>() - map(dy).cast<double>() * w).cwiseAbs().maxCoeff() < 1e-3);
        set_thread_count(0);
      }
    }
  }
}
