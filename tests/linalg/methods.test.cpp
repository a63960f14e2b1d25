// SPDX-License-Identifier: MIT
/// @file
/// What every algorithm must keep: known spectra, huge means, extreme sizes, bad rows by name, honest error estimates.
#include <ampsft/linalg/truncated_svd.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

constexpr SvdMethod all_methods[] = {SvdMethod::automatic, SvdMethod::gram, SvdMethod::krylov, SvdMethod::tsqr,
                                     SvdMethod::dense};

template <class T>
TruncatedSvd<T> svd_of(const Matrix<T>& rows, const SvdOptions& options) {
  const std::vector<RowBlock<T>> blocks{map(rows)};
  return truncated_svd(std::span<const RowBlock<T>>(blocks), options);
}

/// `max |a / b - 1|` over the values.
double relative_error(const Matrix<double>& values, const std::vector<double>& expected) {
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(values(0, i) / expected[i] - 1.0));
  }
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("well-separated values down to a thousandth are right to the type's tolerance", "", float, double) {
  const bool single = std::is_same_v<TestType, float>;
  const std::vector<double> values{1000.0, 700.0, 350.0, 90.0, 20.0, 5.0, 2.0, 1.0};
  const auto known = known_matrix(6000, 64, values, 8);
  const auto rows = cast_to<TestType>(known.matrix);
  for (const SvdMethod method : all_methods) {
    CAPTURE(name(method));
    const auto svd = svd_of(rows, {.rank = 8, .method = method});
    CHECK(relative_error(svd.singular_values, values) <= (single ? 1e-6 : 1e-12));
    CHECK(svd.error <= (single ? 1e-6 : 1e-12));
    CHECK(svd.trusted >= 8);
    CHECK(svd.risk.empty());
    CHECK(orthonormality_error(svd.components) <= (single ? 1e-6 : 1e-14));
    CHECK(subspace_distance(svd.components, known.right) <= (single ? 2e-5 : 1e-10));
    CHECK(svd.complete == (method != SvdMethod::krylov));
  }
}

TEMPLATE_TEST_CASE("a mean of 1e4 standard deviations costs no algorithm more than the rounding of the data", "", float,
                   double) {
  const auto known = known_matrix(5000, 24, {340.0, 300.0, 260.0, 30.0}, 4);  // the first elements deviate by about 1
  Matrix<double> shifted = known.matrix;
  flat(shifted) += 1e4;
  const auto rows = cast_to<TestType>(shifted);
  const auto reference = svd_of(cast_to<double>(make_matrix(map(rows).template cast<double>())),
                                {.rank = 3, .method = SvdMethod::dense});  // of the rounded rows
  const double tolerance = std::is_same_v<TestType, float> ? 1e-6 : 1e-11;
  for (const SvdMethod method : all_methods) {
    CAPTURE(name(method));
    const auto svd = svd_of(rows, {.rank = 3, .method = method});
    CHECK(subspace_distance(svd.components, reference.components) <= tolerance);
    CHECK(max_difference(svd.mean, reference.mean) <= 1e-3);
    CHECK(svd.centred_energy == Approx(reference.centred_energy).epsilon(1e-6));
    CHECK(svd.raw_energy == Approx(reference.raw_energy).epsilon(1e-12));
    const auto raw = svd_of(rows, {.rank = 1, .centred = false, .method = method});
    CHECK(raw.singular_values(0, 0) == Approx(std::sqrt(5000.0 * 24.0) * 1e4).epsilon(1e-5));
    CHECK(raw.centred_energy == Approx(raw.raw_energy));
  }
}

TEMPLATE_TEST_CASE("numbers of extreme size keep their directions", "", float, double) {
  const bool single = std::is_same_v<TestType, float>;
  const auto known = known_matrix(5000, 20, {9.0, 5.0, 2.0}, 6);
  const auto scaled = [&](double size) {
    Matrix<double> rows = known.matrix;
    flat(rows) *= size;
    return cast_to<TestType>(rows);
  };
  for (const SvdMethod method : all_methods) {
    for (const double size : {single ? 1e-39 : 1e-120, single ? 1e33 : 1e120}) {
      CAPTURE(name(method), size);
      const auto svd = svd_of(scaled(size), {.rank = 3, .method = method});
      CHECK(subspace_distance(svd.components, known.right) <= 2e-3);  // subnormal floats have few digits
      CHECK(svd.singular_values(0, 0) == Approx(9.0 * size).epsilon(1e-3));
    }
    Matrix<TestType> zeros = make_matrix<TestType>(5000, 20, TestType{0});
    CHECK(svd_of(zeros, {.rank = 3, .method = method}).singular_values(0, 0) == 0.0);
    map(zeros)(4321, 7) = std::numeric_limits<TestType>::denorm_min();  // no sample of rows shows it
    const auto svd = svd_of(zeros, {.rank = 1, .centred = false, .method = method});
    if (single) {
      CHECK(svd.components(0, 7) == TestType{1});
    }
  }
}

TEST_CASE("a NaN or an infinity is an error that names the matrix and the row") {
  const Matrix<float> good = normal_matrix<float>(5000, 18, 1);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    for (const Index row : {0, 1234, 4999}) {
      Matrix<float> broken = good;
      map(broken)(row, 11) = bad;
      const ConstMatrixMap<float> first(good.data(), 5000, 18);
      const ConstMatrixMap<float> second(broken.data(), 5000, 18);
      const std::vector<RowBlock<float>> blocks{RowBlock<float>("sound", first), RowBlock<float>("layer.7", second)};
      for (const SvdMethod method : all_methods) {
        CAPTURE(name(method), row);
        CHECK_THROWS_WITH(truncated_svd(std::span<const RowBlock<float>>(blocks), {.rank = 2, .method = method}),
                          ContainsSubstring("'layer.7'") && ContainsSubstring("row " + std::to_string(row) + " "));
      }
    }
  }
}

TEST_CASE("stored formats, blocks in pieces and repeated blocks give what whole rows give") {
  const Matrix<float> rows = normal_matrix<float>(4500, 20, 12);
  std::vector<std::byte> bytes(rows.size() * 2);
  detail::encode<float>(DType::bf16, {rows.data(), rows.size()}, bytes.data());
  Matrix<float> rounded = make_matrix<float>(4500, 20);
  detail::decode(DType::bf16, bytes, rounded.data());
  for (const SvdMethod method : all_methods) {
    CAPTURE(name(method));
    const auto whole = svd_of(rounded, {.rank = 3, .method = method});
    const std::span<const std::byte> all(bytes);
    const std::vector<RowBlock<float>> blocks{RowBlock<float>("a", DType::bf16, all.first(40'000), 1000, 20),
                                              RowBlock<float>("b", DType::bf16, all.subspan(40'000), 3500, 20)};
    const auto parts = truncated_svd(std::span<const RowBlock<float>>(blocks), {.rank = 3, .method = method});
    CHECK(max_difference(parts.components, whole.components) <= 2e-5);
    CHECK(parts.count == 4500);
    CHECK(parts.singular_values(0, 2) == Approx(whole.singular_values(0, 2)).epsilon(1e-6));
  }
}

TEST_CASE("decompositions repeat exactly, and up to rounding with other thread counts") {
  const auto known = known_matrix(9000, 40, {90.0, 50.0, 20.0, 3.0, 1.0}, 3);
  const auto rows = cast_to<float>(known.matrix);
  for (const SvdMethod method : {SvdMethod::automatic, SvdMethod::krylov, SvdMethod::tsqr}) {
    CAPTURE(name(method));
    set_thread_count(1);
    const auto serial = svd_of(rows, {.rank = 4, .method = method});
    set_thread_count(3);
    const auto threaded = svd_of(rows, {.rank = 4, .method = method});
    CHECK(max_difference(threaded.components, serial.components) <= 1e-5);
    CHECK(max_difference(svd_of(rows, {.rank = 4, .method = method}).components, threaded.components) == 0.0);
    set_thread_count(0);
  }
}

TEST_CASE("error estimates are honest") {
  // Values that a Gram matrix cannot tell apart from its rounding: gram says so, automatic goes on to tsqr.
  const std::vector<double> values{1e6, 1e3, 1.0, 1e-6};
  const auto known = known_matrix(5000, 20, values, 5);
  const auto gram = svd_of(known.matrix, {.rank = 4, .method = SvdMethod::gram, .tolerance = 1e-12});
  CHECK_FALSE(gram.risk.empty());
  CHECK(gram.trusted < 4);
  CHECK_THAT(gram.risk, ContainsSubstring("tsqr"));
  const auto automatic = svd_of(known.matrix, {.rank = 4});
  CHECK(automatic.method == SvdMethod::tsqr);
  CHECK(automatic.risk.empty());
  for (Index k = 0; k < 4; ++k) {
    CHECK(std::abs(automatic.singular_values(0, k) - values[static_cast<std::size_t>(k)]) <= 1e-9);
  }
  // The measured error of a float Gram matrix bounds the true one, and a small tolerance leads to double.
  const Matrix<float> rows = normal_matrix<float>(20'000, 32, 2);
  const auto fast = svd_of(rows, {.rank = 8, .tolerance = 1e-3});
  const auto exact = svd_of(rows, {.rank = 8, .tolerance = 1e-12});
  CHECK(fast.passes == 1);
  CHECK(exact.passes > 1);
  const auto reference = svd_of(rows, {.rank = 8, .method = SvdMethod::dense});
  const auto off = [&](const TruncatedSvd<float>& svd) {
    return ((map(svd.singular_values).leftCols(8) - map(reference.singular_values).leftCols(8)).array() /
            map(reference.singular_values).leftCols(8).array())
        .abs()
        .maxCoeff();
  };
  CHECK(off(fast) <= fast.error);
  CHECK(off(exact) <= 1e-12);
  // Too few passes: krylov gives what it has and says so.
  const auto hasty = svd_of(rows, {.rank = 8, .method = SvdMethod::krylov, .tolerance = 1e-6, .most_passes = 2});
  CHECK(hasty.passes <= 3);
  CHECK(hasty.risk.empty() == (hasty.error <= 1e-6));
  CHECK(off(hasty) <= hasty.error);
}

TEST_CASE("what krylov sums in float it sums again when it goes on in double") {
  Matrix<float> rows = normal_matrix<float>(6000, 40, 3);
  map(rows).bottomRows(100).array() += 300.0F;  // the mean of a sample of rows is not that of all
  const auto exact = svd_of(rows, {.rank = 3, .method = SvdMethod::dense});
  const auto krylov = svd_of(rows, {.rank = 3, .method = SvdMethod::krylov, .tolerance = 1e-11});
  CHECK(krylov.risk.empty());
  CHECK(krylov.centred_energy == Approx(exact.centred_energy).epsilon(1e-12));
  CHECK(krylov.raw_energy == Approx(exact.raw_energy).epsilon(1e-12));
  CHECK(krylov.singular_values(0, 0) == Approx(exact.singular_values(0, 0)).epsilon(1e-11));
}

TEST_CASE("passes are counted, those that look for a scale too") {
  Matrix<double> rows = make_matrix<double>(5000, 20, 0.0);
  map(rows)(4321, 7) = 1e-300;  // no sample of rows shows it
  for (const SvdMethod method : {SvdMethod::gram, SvdMethod::tsqr}) {
    CAPTURE(name(method));
    CHECK(svd_of(rows, {.rank = 1, .centred = false, .method = method}).passes == 3);
  }
  CHECK(svd_of(rows, {.rank = 1, .method = SvdMethod::dense}).passes == 2);
  CHECK(svd_of(normal_matrix<double>(5000, 20, 1), {.rank = 1, .method = SvdMethod::gram}).passes == 1);
}

TEST_CASE("the sum of fourth powers is exact or near it") {
  const Matrix<float> rows = normal_matrix<float>(5000, 200, 7);
  const auto gram = svd_of(rows, {.rank = 8});
  const auto krylov = svd_of(rows, {.rank = 8, .method = SvdMethod::krylov});
  CHECK(gram.sum_of_fourth_powers == Approx(map(gram.singular_values).array().pow(4).sum()));
  CHECK(krylov.sum_of_fourth_powers == Approx(gram.sum_of_fourth_powers).epsilon(0.1));
}

TEST_CASE("a few rows that are far larger than the rest do not hide the rounding of float sums") {
  Random random(9);
  Matrix<double> rows = make_matrix<double>(20'000, 64);
  fill_normal(rows, 1.0, random);
  // In one place, between those where the error is measured; of steep spectrum, in directions that mix all columns, for
  // else each element of the sums keeps digits of its own.
  auto large = map(rows).middleRows(10'000, 200);
  for (Index j = 0; j < 64; ++j) {
    large.col(j) *= 8000.0 * std::pow(10.0, -static_cast<double>(j) / 4.0);
  }
  const auto turn = random_orthonormal<double>(64, 64, random);
  large *= map(turn);
  const Matrix<float> stored = cast_to<float>(rows);
  const auto exact = svd_of(stored, {.rank = 8, .method = SvdMethod::dense});
  const auto svd = svd_of(stored, {.rank = 8});
  for (Index k = 0; k < 8; ++k) {
    const double sigma = exact.singular_values(0, k);
    const double unit = std::max(sigma, exact.singular_values(0, 0) / 1e3);
    CAPTURE(k, svd.error, svd.passes, name(svd.method));
    CHECK(std::abs(svd.singular_values(0, k) - sigma) <= 1e-6 * unit);
    CHECK(std::abs(svd.singular_values(0, k) - sigma) <= svd.error * unit + 1e-12 * sigma);
  }
}
