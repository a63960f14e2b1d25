// SPDX-License-Identifier: MIT
/// @file
/// The universal basis: optimality, figures against naive residuals, its other origins, and refusals.
#include <ampsft/basis/universal_basis.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
RowStack<T> stack_of(const std::vector<const Matrix<T>*>& matrices) {
  RowStack<T> stack;
  for (const auto* matrix : matrices) {
    stack.add({concat("matrix", stack.blocks().size()), map(*matrix)});
  }
  return stack;
}

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-12;

/// `1 - |W - (S B + mu)|^2 / |W|^2` element by element.
template <class T>
double naive_r2(const UniversalBasis<T>& basis, const Matrix<T>& w) {
  const Matrix<T> scores = basis.scores(map(w));
  double residual = 0.0;
  double energy = 0.0;
  for (Index i = 0; i < rows(w); ++i) {
    for (Index j = 0; j < cols(w); ++j) {
      double value = static_cast<double>(basis.mean()(0, j));
      for (Index k = 0; k < basis.rank(); ++k) {
        value += static_cast<double>(scores(i, k)) * static_cast<double>(basis.components()(k, j));
      }
      const auto element = static_cast<double>(w(i, j));
      residual += (element - value) * (element - value);
      energy += element * element;
    }
  }
  return 1.0 - residual / energy;
}

}  // namespace

TEMPLATE_TEST_CASE("a basis finds the directions and the mean that rows are made of", "", float, double) {
  const auto known = known_matrix(500, 10, {30.0, 20.0, 10.0}, 1);
  Matrix<double> shifted = known.matrix;
  map(shifted).rowwise() += Eigen::RowVectorXd::LinSpaced(10, -1.0, 2.0);
  const auto w = cast_to<TestType>(shifted);
  const auto basis = UniversalBasis<TestType>::fit(stack_of<TestType>({&w}), {.rank = 3});
  CHECK(basis.kind() == "weights");
  CHECK(basis.rank() == 3);
  CHECK(basis.width() == 10);
  CHECK(subspace_distance(basis.components(), known.right) <= 1e-6);
  CHECK((map(basis.mean()).template cast<double>() - Eigen::RowVectorXd::LinSpaced(10, -1.0, 2.0))
            .cwiseAbs()
            .maxCoeff() <= 1e-6);
  const auto scores = basis.scores(map(w));
  CHECK(max_difference(basis.reconstruct(map(scores)), w) <= 20.0 * tolerance<TestType>);
  REQUIRE(basis.spectrum().has_value());
  CHECK(basis.spectrum()->variance_share(1) == Approx(900.0 / 1400.0).epsilon(1e-6));
  CHECK(basis.spectrum()->variance_share(3) == Approx(1.0).epsilon(1e-6));
  CHECK(basis.spectrum()->centred_energy == Approx(1400.0).epsilon(1e-6));
  CHECK(basis.spectrum()->raw_energy == Approx(map(shifted).squaredNorm()).epsilon(1e-6));
  CHECK(basis.spectrum()->rank_for_variance(0.9) == 2);
}

TEMPLATE_TEST_CASE("R2 of the spectrum, of the basis and of a naive residual agree", "", float, double) {
  auto a = normal_matrix<TestType>(1500, 7, 1);
  flat(a) += TestType(0.5);
  const auto b = normal_matrix<TestType>(40, 7, 2);
  const auto stack = stack_of<TestType>({&a, &b, &b});  // b counts twice
  Matrix<TestType> all = make_matrix<TestType>(1580, 7);
  map(all) << map(a), map(b), map(b);
  for (const bool centred : {true, false}) {
    const auto full = UniversalBasis<TestType>::fit(stack, {.rank = 7, .centred = centred});
    for (Index k = 1; k <= 7; ++k) {
      CAPTURE(centred, k);
      const auto basis = full.truncated(k);
      CHECK(basis.rank() == k);
      CHECK(basis.r2(map(all)) == Approx(naive_r2(basis, all)).margin(1e-6));
      CHECK(basis.spectrum()->r2(k) == Approx(naive_r2(basis, all)).margin(1e-6));
      const auto fitted = UniversalBasis<TestType>::fit(stack, {.rank = k, .centred = centred});
      CHECK(max_difference(fitted.components(), basis.components()) <= tolerance<TestType>);
    }
    CHECK(full.r2(map(b)) == Approx(1.0).margin(1e-6));
    CHECK(full.truncated(2).r2(map(b)) == Approx(naive_r2(full.truncated(2), b)).margin(1e-6));
  }
  const auto uncentred = UniversalBasis<TestType>::fit(stack, {.rank = 2, .centred = false});
  CHECK(map(uncentred.mean()).cwiseAbs().maxCoeff() == TestType{0});
  CHECK(uncentred.spectrum()->r2(2) == Approx(uncentred.spectrum()->variance_share(2)).epsilon(1e-12));
}

TEMPLATE_TEST_CASE("no other basis of the rank explains more", "", float, double) {
  const auto w = normal_matrix<TestType>(300, 9, 4);
  const auto best = UniversalBasis<TestType>::fit(stack_of<TestType>({&w}), {.rank = 3, .centred = false});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CHECK(UniversalBasis<TestType>::random(9, 3, seed).r2(map(w)) < best.r2(map(w)));
  }
}

TEMPLATE_TEST_CASE("projection inverts reconstruction without a mean, scores do so with one", "", float, double) {
  const auto s = normal_matrix<TestType>(100, 4, 1);
  const auto random = UniversalBasis<TestType>::random(30, 4, 7);
  const auto rebuilt = random.reconstruct(map(s));
  CHECK(max_difference(random.project(map(rebuilt)), s) <= tolerance<TestType>);
  const auto with_mean =
      UniversalBasis<TestType>::from_components(random.components(), normal_matrix<TestType>(1, 30, 2));
  const auto with_mean_rebuilt = with_mean.reconstruct(map(s));
  CHECK(max_difference(with_mean.scores(map(with_mean_rebuilt)), s) <= 2.0 * tolerance<TestType>);
  const auto gradient = normal_matrix<TestType>(100, 30, 9);
  CHECK(max_difference(with_mean.project(map(gradient)), random.project(map(gradient))) == 0.0);
}

TEMPLATE_TEST_CASE("random and given bases", "", float, double) {
  const auto random = UniversalBasis<TestType>::random(12, 5, 3);
  CHECK(random.kind() == "random");
  CHECK_FALSE(random.spectrum().has_value());
  CHECK(orthonormality_error(random.components()) <= tolerance<TestType>);
  CHECK(max_difference(random.components(), UniversalBasis<TestType>::random(12, 5, 3).components()) == 0.0);
  CHECK(max_difference(random.components(), UniversalBasis<TestType>::random(12, 5, 4).components()) > 0.1);

  const auto given = UniversalBasis<TestType>::from_components(random.components());
  CHECK(given.kind() == "given");
  CHECK(max_difference(given.components(), random.components()) == 0.0);
  CHECK(map(given.mean()).cwiseAbs().maxCoeff() == TestType{0});
  CHECK(cols(given.mean()) == 12);

  auto skewed = random.components();
  skewed(1, 2) += TestType(1e-3);
  CHECK_THROWS_WITH(UniversalBasis<TestType>::from_components(skewed), ContainsSubstring("orthonormal"));
  skewed(1, 2) = std::numeric_limits<TestType>::quiet_NaN();
  CHECK_THROWS_AS(UniversalBasis<TestType>::from_components(skewed), Error);
  CHECK_THROWS_AS(UniversalBasis<TestType>::from_components(make_matrix<TestType>(0, 4)), Error);
  CHECK_THROWS_AS(UniversalBasis<TestType>::from_components(make_matrix<TestType>(5, 4, TestType{0})), Error);
  CHECK_THROWS_WITH(
      UniversalBasis<TestType>::from_components(random.components(), make_matrix<TestType>(1, 11, TestType{0})),
      ContainsSubstring("1 x 11") && ContainsSubstring("1 x 12"));
}

TEMPLATE_TEST_CASE("many stacks at once equal one by one", "", float, double) {
  const auto a = normal_matrix<TestType>(200, 6, 1);
  const auto b = normal_matrix<TestType>(90, 14, 2);
  const auto c = normal_matrix<TestType>(50, 6, 3);
  const auto stacks = stack_by_width<TestType>({{"a", map(a)}, {"b", map(b)}, {"c", map(c)}});
  const auto bases = UniversalBasis<TestType>::fit(stacks, {.rank = 4});
  REQUIRE(bases.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto single = UniversalBasis<TestType>::fit(stacks[i], {.rank = 4});
    CHECK(max_difference(bases[i].components(), single.components()) <= tolerance<TestType>);
    CHECK(bases[i].spectrum()->r2(4) == Approx(single.spectrum()->r2(4)).epsilon(1e-12));
  }
}

TEMPLATE_TEST_CASE("R2 of zeros is defined", "", float, double) {
  const auto zeros = make_matrix<TestType>(5, 4, TestType{0});
  const auto basis = UniversalBasis<TestType>::random(4, 2, 1);
  CHECK(basis.r2(map(zeros)) == 1.0);
  const auto with_mean =
      UniversalBasis<TestType>::from_components(basis.components(), make_matrix<TestType>(1, 4, TestType{1}));
  CHECK(with_mean.r2(map(zeros)) == 0.0);
}

TEST_CASE("impossible bases are refused") {
  auto w = normal_matrix<float>(20, 4, 1);
  const auto stack = stack_of<float>({&w, &w});
  CHECK_THROWS_WITH(UniversalBasis<float>::fit(stack, {.rank = 0}), ContainsSubstring("1 to 4, not 0"));
  CHECK_THROWS_WITH(UniversalBasis<float>::fit(stack, {.rank = 5}), ContainsSubstring("1 to 4, not 5"));
  CHECK_THROWS_AS(UniversalBasis<float>::fit(stack), Error);  // the default rank is 8
  CHECK_THROWS_AS(UniversalBasis<float>::fit(RowStack<float>{}), Error);
  CHECK_THROWS_AS(UniversalBasis<float>::random(4, 5, 1), Error);
  const auto basis = UniversalBasis<float>::fit(stack, {.rank = 2});
  CHECK_THROWS_AS(basis.truncated(0), Error);
  CHECK_THROWS_AS(basis.truncated(3), Error);
  CHECK_THROWS_AS(basis.scores(map(w).leftCols(3)), Error);
  CHECK_THROWS_AS(basis.reconstruct(map(w)), Error);
  w(7, 3) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(UniversalBasis<float>::fit(stack, {.rank = 2}),
                    ContainsSubstring("'matrix0'") && ContainsSubstring("row 7"));
}

TEST_CASE("a basis that is cut tells of the error of the directions that are left") {
  const auto known = test::known_matrix(5000, 20, {1e6, 1e3, 1.0, 1e-6}, 5);  // the last is beyond a Gram matrix
  RowStack<double> stack;
  stack.add({"w", map(known.matrix)});
  const SvdOptions options{.rank = 4, .method = SvdMethod::gram};
  const auto whole = UniversalBasis<double>::fit(stack, options);
  REQUIRE_FALSE(whole.fit_report()->risk.empty());
  CHECK(whole.truncated(4).fit_report()->risk == whole.fit_report()->risk);
  const auto cut = whole.truncated(1);
  CHECK(cut.fit_report()->risk.empty());
  CHECK(cut.fit_report()->error < whole.fit_report()->error);
  CHECK(cut.fit_report()->errors.size() == 1);
  CHECK(cut.spectrum()->computed() == whole.spectrum()->computed());
}
