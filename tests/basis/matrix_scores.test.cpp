// SPDX-License-Identifier: MIT
/// @file
/// Scores, residuals and energies of one reading against naive sums, in every storage format.
#include <ampsft/basis/matrix_scores.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-12;

template <class T>
UniversalBasis<T> some_basis(Index width, Index rank) {
  return UniversalBasis<T>::from_components(UniversalBasis<T>::random(width, rank, 5).components(),
                                            normal_matrix<T>(1, width, 6));
}

/// A matrix as bytes of another format, one byte off every alignment.
std::vector<std::byte> stored(const Matrix<float>& matrix, DType dtype) {
  std::vector<std::byte> bytes(1 + matrix.size() * dtype_bytes(dtype));
  detail::encode(dtype, std::span<const float>(matrix.data(), matrix.size()), bytes.data() + 1);
  return bytes;
}

}  // namespace

TEMPLATE_TEST_CASE("one reading gives scores, residuals and energies at every rank", "", float, double) {
  const auto w = normal_matrix<TestType>(2500, 12, 1);  // several chunks
  const auto basis = some_basis<TestType>(12, 5);
  const auto result = score_matrix(RowBlock<TestType>("w", map(w)), basis);
  CHECK(result.name == "w");
  const auto scores = basis.scores(map(w));
  CHECK(max_difference(result.scores, scores) <= tolerance<TestType>);
  const auto& known = result.explained;
  CHECK(known.rows == 2500);
  CHECK(known.rank() == 5);
  for (Index k = 1; k <= 5; ++k) {
    CHECK(known.r2(k) == Approx(basis.truncated(k).r2(map(w))).margin(10 * tolerance<TestType>));
  }
  const auto rebuilt = basis.reconstruct(map(scores));
  const Eigen::MatrixXd missed = (map(w) - map(rebuilt)).template cast<double>();
  const Eigen::MatrixXd centred = (map(w).rowwise() - map(basis.mean()).row(0)).template cast<double>();
  CHECK(known.left(5) == Approx(missed.squaredNorm()).epsilon(10 * tolerance<TestType>));
  CHECK(known.centred_energy == Approx(centred.squaredNorm()).epsilon(10 * tolerance<TestType>));
  CHECK(known.raw_energy == Approx(map(w).template cast<double>().squaredNorm()).epsilon(1e-12));
  CHECK(known.variance_share(5) == Approx(1.0 - missed.squaredNorm() / centred.squaredNorm()).margin(1e-5));
  for (const Index row : {0, 1023, 1024, 2499}) {
    CHECK(static_cast<double>(result.residuals(0, row)) == Approx(missed.row(row).norm()).epsilon(1e-4));
  }
}

TEST_CASE("a matrix' format changes neither scores nor hash, its values do") {
  auto w = normal_matrix<float>(70, 33, 1);
  for (float& element : w.storage()) {
    element = std::round(8.0F * element) / 8.0F;  // exact in all formats
  }
  const auto basis = some_basis<float>(33, 4);
  const auto plain = score_matrix(RowBlock<float>("w", map(w)), basis);
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16, DType::f16}) {
    const auto bytes = stored(w, dtype);
    const auto same = score_matrix(RowBlock<float>("w", dtype, std::span(bytes).subspan(1), 70, 33), basis);
    CHECK(max_difference(same.scores, plain.scores) == 0.0);
    CHECK(same.hash == plain.hash);
  }
  w(69, 32) += 0.125F;
  CHECK(score_matrix(RowBlock<float>("w", map(w)), basis).hash != plain.hash);
}

TEST_CASE("the thread count changes nothing") {
  const auto w = normal_matrix<float>(4000, 20, 3);
  const auto basis = some_basis<float>(20, 4);
  set_thread_count(1);
  const auto one = score_matrix(RowBlock<float>("w", map(w)), basis);
  set_thread_count(4);
  const auto four = score_matrix(RowBlock<float>("w", map(w)), basis);
  set_thread_count(0);
  CHECK(max_difference(one.scores, four.scores) == 0.0);
  CHECK(one.explained.score_energy == four.explained.score_energy);
  CHECK(one.explained.centred_energy == four.explained.centred_energy);
  CHECK(one.hash == four.hash);
}

TEST_CASE("a basis that spans everything leaves nothing, and rows of zeros are met or not") {
  const auto w = normal_matrix<float>(50, 6, 1);
  const auto full = score_matrix(RowBlock<float>("w", map(w)), some_basis<float>(6, 6));
  CHECK(full.explained.r2(6) == Approx(1.0).margin(1e-6));
  CHECK(map(full.residuals).minCoeff() >= 0.0F);
  const auto zeros = make_matrix<float>(5, 6, 0.0F);
  CHECK(score_matrix(RowBlock<float>("w", map(zeros)), UniversalBasis<float>::random(6, 2, 1)).explained.r2(2) == 1.0);
  CHECK(score_matrix(RowBlock<float>("w", map(zeros)), some_basis<float>(6, 2)).explained.r2(2) == 0.0);
}

TEST_CASE("rows whose squares float cannot hold are scored as any others") {
  const auto w = normal_matrix<float>(1100, 12, 1);
  const auto basis = some_basis<float>(12, 5);
  const auto plain = score_matrix(RowBlock<float>("w", map(w)), basis);
  for (const float size : {std::ldexp(1.0F, -100), std::ldexp(1.0F, -76), std::ldexp(1.0F, 66), std::ldexp(1.0F, 83)}) {
    CAPTURE(size);  // some 1e-30, 1e-23, 1e20 and 1e25
    auto scaled = w;
    auto mean = basis.mean();
    flat(scaled) *= size;
    flat(mean) *= size;
    const auto same = score_matrix(RowBlock<float>("w", map(scaled)),
                                   UniversalBasis<float>::from_components(basis.components(), mean));
    const double square = static_cast<double>(size) * static_cast<double>(size);
    for (Index k = 0; k <= 5; ++k) {
      CHECK(same.explained.r2(k) == Approx(plain.explained.r2(k)).margin(2e-6));
      CHECK(same.explained.variance_share(k) == Approx(plain.explained.variance_share(k)).margin(2e-6));
    }
    CHECK(same.explained.centred_energy == Approx(plain.explained.centred_energy * square).epsilon(1e-6));
    CHECK((map(same.scores) / size - map(plain.scores)).cwiseAbs().maxCoeff() <= 1e-5F);
    CHECK((map(same.residuals) / size - map(plain.residuals)).cwiseAbs().maxCoeff() <= 1e-4F);
  }
  // Among others, and rows of zeros, which a basis without a mean meets.
  auto mixed = w;
  map(mixed).row(7) *= std::ldexp(1.0F, -100);
  map(mixed).row(1050) *= std::ldexp(1.0F, 83);
  map(mixed).row(9).setZero();
  const auto plane = UniversalBasis<float>::random(12, 5, 5);
  const auto scores = score_matrix(RowBlock<float>("w", map(mixed)), plane);
  const auto rows = score_matrix(RowBlock<float>("w", map(w)), plane);
  CHECK(scores.residuals(0, 6) == rows.residuals(0, 6));
  CHECK(std::ldexp(scores.residuals(0, 7), 100) == Approx(rows.residuals(0, 7)).epsilon(1e-5));
  CHECK(std::ldexp(scores.residuals(0, 1050), -83) == Approx(rows.residuals(0, 1050)).epsilon(1e-5));
  CHECK(scores.residuals(0, 9) == 0.0F);
  // What no score can hold is an error.
  auto huge = make_matrix<float>(2, 12, std::numeric_limits<float>::max());
  const auto line = make_matrix<float>(1, 12, 1.0F / std::sqrt(12.0F));
  CHECK_THROWS_WITH(score_matrix(RowBlock<float>("up", map(huge)), UniversalBasis<float>::from_components(line)),
                    ContainsSubstring("'up'") && ContainsSubstring("row 0"));
  const auto squares = make_matrix<double>(2, 12, 1e200);
  CHECK_THROWS_WITH(score_matrix(RowBlock<double>("up", map(squares)), UniversalBasis<double>::random(12, 2, 1)),
                    ContainsSubstring("'up'") && ContainsSubstring("too large"));
}

TEST_CASE("bad rows are named, other widths refused") {
  auto w = normal_matrix<float>(3000, 6, 1);
  const auto basis = some_basis<float>(6, 2);
  w(2999, 5) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(score_matrix(RowBlock<float>("up", map(w)), basis),
                    ContainsSubstring("'up'") && ContainsSubstring("row 2999"));
  const auto other = normal_matrix<float>(3, 5, 1);
  CHECK_THROWS_WITH(score_matrix(RowBlock<float>("up", map(other)), basis), ContainsSubstring("width 5"));
}

TEST_CASE("energies of several matrices add up; ranks must agree") {
  Explained all;
  all += {.rows = 2, .raw_energy = 10.0, .centred_energy = 8.0, .score_energy = {4.0, 1.0}};
  all += {.rows = 3, .raw_energy = 10.0, .centred_energy = 2.0, .score_energy = {1.0, 0.5}};
  CHECK(all.rows == 5);
  CHECK(all.r2(0) == Approx(0.5));
  CHECK(all.r2(1) == Approx(0.75));
  CHECK(all.variance_share(2) == Approx(0.65));
  all += Explained{};  // of no rows, of no rank
  CHECK(all.rows == 5);
  CHECK(all.rank() == 2);
  CHECK_THROWS_AS(all.r2(3), Error);
  CHECK_THROWS_AS((all += {.rows = 1, .raw_energy = 1.0, .centred_energy = 1.0, .score_energy = {1.0}}), Error);
  CHECK(ranks_up_to(8) == std::vector<Index>{1, 2, 4, 8});
  CHECK(ranks_up_to(11) == std::vector<Index>{1, 2, 4, 8, 11});
  CHECK(ranks_up_to(1) == std::vector<Index>{1});
}
