// SPDX-License-Identifier: MIT
/// @file
/// The fused backward pass against a naive twin in double, over random shapes and places.
#include <ampsft/simd/reconstruct_backward.hpp>

#include "simd/reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("reconstruct_backward equals its naive twin at any shape, place and level", "", Fp32, Fp64, Bf16) {
  using T = typename TestType::T;
  using X = typename TestType::W;
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const Shape shape = draw_shape(random);
    const auto [n, d, k] = shape;
    const bool add = random.below(2) == 0;
    Placed<X> dw(n, d, random);
    Placed<T> s(n, k, random);
    Placed<T> b(k, d, random);
    Placed<T> ds(n, k, random);
    Placed<T> db(k, d, random);
    Placed<T> dmu(random.below(2), d, random);
    if (round % 4 == 0) {
      Placed<T>* const all[] = {&s, &b, &ds, &db, &dmu};
      const Index which = random.below(6);
      which == 5 ? poison(dw, random) : poison(*all[which], random);
    }
    const Reference expected_ds = reference<T>(n, k, d, [&](Index i, Index l, Sum& sum) {
      sum += add ? ds(i, l) : 0.0;
      for (Index j = 0; j < b.cols(); ++j) {
        sum += dw(i, j) * b(l, j);
      }
    });
    const Reference expected_db = reference<T>(k, d, n, [&](Index l, Index j, Sum& sum) {
      sum += add ? db(l, j) : 0.0;
      for (Index i = 0; i < dw.rows(); ++i) {
        sum += s(i, l) * dw(i, j);
      }
    });
    const Reference expected_dmu = reference<T>(dmu.rows(), d, n, [&](Index, Index j, Sum& sum) {
      sum += add ? dmu(0, j) : 0.0;
      for (Index i = 0; i < dw.rows(); ++i) {
        sum += dw(i, j);
      }
    });
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      ds.restore();
      db.restore();
      dmu.restore();
      reconstruct_backward<T, X>(dw.view(), s.view(), b.view(), ds.view(), db.view(), dmu.view(),
                                 add ? WriteMode::add : WriteMode::overwrite);
      check_result(ds, expected_ds, shape, add ? ", dS added" : ", dS");
      check_result(db, expected_db, shape, add ? ", dB added" : ", dB");
      check_result(dmu, expected_dmu, shape, add ? ", dmu added" : ", dmu");
    }
  }
}

TEST_CASE("reconstruct_backward refuses shapes that do not match") {
  Random random(3);
  Placed<float> dw(5, 8, random);
  Placed<float> narrow(5, 7, random);
  Placed<float> s(5, 3, random);
  Placed<float> b(3, 8, random);
  Placed<float> ds(5, 3, random);
  Placed<float> db(3, 8, random);
  Placed<float> other_rank(5, 2, random);
  Placed<float> low(2, 8, random);
  Placed<float> short_mean(1, 7, random);
  CHECK_THROWS_AS(reconstruct_backward<float>(narrow.view(), s.view(), b.view(), ds.view(), db.view()), Error);
  CHECK_THROWS_WITH(reconstruct_backward<float>(narrow.view(), s.view(), b.view(), ds.view(), db.view()),
                    ContainsSubstring("width 7") && ContainsSubstring("width 8"));
  CHECK_THROWS_WITH(reconstruct_backward<float>(dw.view(), other_rank.view(), b.view(), ds.view(), db.view()),
                    ContainsSubstring("5 x 2") && ContainsSubstring("5 x 3"));
  CHECK_THROWS_WITH(reconstruct_backward<float>(dw.view(), s.view(), b.view(), other_rank.view(), db.view()),
                    ContainsSubstring("5 x 2") && ContainsSubstring("5 x 3"));
  CHECK_THROWS_WITH(reconstruct_backward<float>(dw.view(), s.view(), b.view(), ds.view(), low.view()),
                    ContainsSubstring("2 x 8") && ContainsSubstring("3 x 8"));
  CHECK_THROWS_WITH(reconstruct_backward<float>(dw.view(), s.view(), b.view(), ds.view(), db.view(), short_mean.view()),
                    ContainsSubstring("1 x 7") && ContainsSubstring("1 x 8"));
}
