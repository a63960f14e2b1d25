// SPDX-License-Identifier: MIT
/// @file
/// A layer in factors against a naive twin in double, over random shapes and places: tokens n, outputs d, rank K.
#include <ampsft/simd/factored.hpp>

#include "simd/reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("the factored products equal their naive twins at any shape, place and level", "", Fp32, Fp64,
                   Bf16) {
  using T = typename TestType::T;
  using Y = typename TestType::W;
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const Shape shape = draw_shape(random);
    const auto [tokens, outputs, rank] = shape;
    const bool add = random.below(2) == 0;
    const WriteMode mode = add ? WriteMode::add : WriteMode::overwrite;
    const T scale = random.below(2) == 0 ? T{1} : static_cast<T>(2 * random.uniform() - 1);
    const auto factor = static_cast<double>(scale);
    Placed<T> z(tokens, rank, random);
    Placed<T> s(outputs, rank, random);
    Placed<Y> y(tokens, outputs, random);
    Placed<Y> dy(tokens, outputs, random);
    Placed<T> dz(tokens, rank, random);
    Placed<T> ds(outputs, rank, random);
    if (round % 4 == 0) {
      Placed<T>* const few[] = {&z, &s, &dz, &ds};
      Placed<Y>* const many[] = {&y, &dy};
      const Index which = random.below(6);
      which < 4 ? poison(*few[which], random) : poison(*many[which - 4], random);
    }
    const Reference expected_y = reference<T, Y>(tokens, outputs, rank, [&](Index t, Index i, Sum& sum) {
      sum += add ? y(t, i) : 0.0;
      for (Index k = 0; k < s.cols(); ++k) {
        sum += factor * z(t, k) * s(i, k);
      }
    });
    const Reference expected_dz = reference<T>(tokens, rank, outputs, [&](Index t, Index k, Sum& sum) {
      sum += add ? dz(t, k) : 0.0;
      for (Index i = 0; i < s.rows(); ++i) {
        sum += dy(t, i) * s(i, k);
      }
    });
    const Reference expected_ds = reference<T>(outputs, rank, tokens, [&](Index i, Index k, Sum& sum) {
      sum += add ? ds(i, k) : 0.0;
      for (Index t = 0; t < dy.rows(); ++t) {
        sum += factor * dy(t, i) * z(t, k);
      }
    });
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      y.restore();
      dz.restore();
      ds.restore();
      factored_output<T, Y>(z.view(), s.view(), y.view(), mode, scale);
      factored_input_gradient<T, Y>(dy.view(), s.view(), dz.view(), mode);
      factored_scores_gradient<T, Y>(dy.view(), z.view(), ds.view(), mode, scale);
      check_result(y, expected_y, shape, ", y, scale ", scale, add ? ", added" : "");
      check_result(dz, expected_dz, shape, ", dz", add ? ", added" : "");
      check_result(ds, expected_ds, shape, ", dS, scale ", scale, add ? ", added" : "");
    }
  }
}

TEST_CASE("the factored products refuse shapes that do not match") {
  Random random(3);
  Placed<float> z(5, 3, random);
  Placed<float> s(8, 3, random);
  Placed<float> y(5, 8, random);
  Placed<float> narrow(5, 7, random);
  Placed<float> low(4, 8, random);
  Placed<float> other_rank(5, 2, random);
  CHECK_THROWS_AS(factored_output<float>(z.view(), s.view(), narrow.view()), Error);
  CHECK_THROWS_WITH(factored_output<float>(z.view(), s.view(), narrow.view()),
                    ContainsSubstring("8 x 3") && ContainsSubstring("5 x 7"));
  CHECK_THROWS_AS(factored_output<float>(z.view(), s.view(), low.view()), Error);
  CHECK_THROWS_AS(factored_output<float>(other_rank.view(), s.view(), y.view()), Error);
  CHECK_THROWS_WITH(factored_input_gradient<float>(narrow.view(), s.view(), z.view()),
                    ContainsSubstring("5 x 7") && ContainsSubstring("8 x 3"));
  CHECK_THROWS_AS(factored_input_gradient<float>(low.view(), s.view(), z.view()), Error);
  CHECK_THROWS_AS(factored_input_gradient<float>(y.view(), s.view(), other_rank.view()), Error);
  CHECK_THROWS_WITH(factored_scores_gradient<float>(narrow.view(), z.view(), s.view()),
                    ContainsSubstring("5 x 7") && ContainsSubstring("8 x 3"));
  CHECK_THROWS_AS(factored_scores_gradient<float>(low.view(), z.view(), s.view()), Error);
  CHECK_THROWS_AS(factored_scores_gradient<float>(y.view(), other_rank.view(), s.view()), Error);
}
