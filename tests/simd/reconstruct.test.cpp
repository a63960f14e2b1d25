// SPDX-License-Identifier: MIT
/// @file
/// Weights from scores against a naive twin in double, over random shapes, places and forms of the call.
#include <ampsft/simd/reconstruct.hpp>

#include <deque>

#include "simd/reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T, class W>
Reference expected_weights(const Placed<T>& s, const Placed<T>& b, const Placed<T>& mean, const Placed<W>& base,
                           double scale) {
  return reference<T, W>(s.rows(), b.cols(), b.rows() + 2, [&](Index i, Index j, Sum& sum) {
    if (mean.rows() == 1) {
      sum += mean(0, j);
    }
    if (base.rows() > 0) {
      sum += base(i, j);
    }
    for (Index k = 0; k < b.rows(); ++k) {
      sum += scale * s(i, k) * b(k, j);
    }
  });
}

Stores draw_stores(Random& random) {
  constexpr Stores all[] = {Stores::automatic, Stores::cached, Stores::streaming};
  return all[random.below(3)];
}

}  // namespace

TEMPLATE_TEST_CASE("reconstruct equals its naive twin at any shape, place and level", "", Fp32, Fp64, Bf16) {
  using T = typename TestType::T;
  using W = typename TestType::W;
  enum Form { plain, onto_nothing, onto_base, onto_itself };
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const Shape shape = draw_shape(random);
    const auto [n, d, k] = shape;
    const auto form = static_cast<Form>(random.below(4));
    const Stores stores = draw_stores(random);
    Placed<T> s(n, k, random);
    Placed<T> b(k, d, random);
    Placed<T> mean(random.below(2), d, random);
    Placed<W> w(n, d, random);
    Placed<W> other(form == onto_base ? n : 0, d, random);
    if (round % 4 == 0) {
      Placed<T>* const inputs[] = {&s, &b, &mean};
      poison(*inputs[random.below(3)], random);
    } else if (round % 16 == 1) {
      poison(form == onto_base ? other : w, random);
    }
    const Placed<W>& base = form == onto_itself ? w : other;
    const double scale = form == plain ? 1.0 : static_cast<double>(static_cast<T>(2 * random.uniform() - 1));
    const Reference expected = expected_weights(s, b, mean, base, scale);
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      w.restore();
      if (form == plain) {
        reconstruct<T, W>(s.view(), b.view(), mean.view(), w.view(), stores);
      } else {
        reconstruct_onto<T, W>(form == onto_itself ? w.view() : other.view(), static_cast<T>(scale), s.view(), b.view(),
                               mean.view(), w.view(), stores);
      }
      check_result(w, expected, shape, ", form ", form, ", stores ", static_cast<int>(stores));
    }
  }
}

TEMPLATE_TEST_CASE("reconstruct of a batch treats each matrix as if it were alone", "", Fp32, Fp64, Bf16) {
  using T = typename TestType::T;
  using W = typename TestType::W;
  Random random(2);
  for (int round = 0; round < 1000; ++round) {
    const Shape shape = draw_shape(random);
    Placed<T> b(shape.k, shape.d, random);
    Placed<T> mean(random.below(2), shape.d, random);
    std::deque<Placed<T>> s;
    std::deque<Placed<W>> w;
    std::deque<Placed<W>> base;
    std::vector<Reference> expected;
    std::vector<ReconstructJob<T, W>> jobs;
    const double scale = round % 2 == 0 ? 1.0 : -0.75;
    for (Index left = random.below(7); left > 0; --left) {
      const Index n = random.below(3) == 0 ? 0 : random.below(2 * shape.n / 3 + 2);
      s.emplace_back(n, shape.k, random);
      w.emplace_back(n, shape.d, random);
      base.emplace_back(random.below(2) == 0 ? n : 0, shape.d, random);
      expected.push_back(expected_weights(s.back(), b, mean, base.back(), scale));
      jobs.push_back({s.back().view(), w.back().view(), base.back().view()});
    }
    const Stores stores = draw_stores(random);
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      std::for_each(w.begin(), w.end(), [](Placed<W>& one) { one.restore(); });
      reconstruct<T, W>(std::span<const ReconstructJob<T, W>>(jobs), b.view(), mean.view(), static_cast<T>(scale),
                        stores);
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        check_result(w[i], expected[i], {jobs[i].weights.rows, shape.d, shape.k}, ", job ", i, " of ", jobs.size());
      }
    }
  }
}

TEST_CASE("reconstruct refuses shapes that do not match") {
  Random random(3);
  Placed<float> s(5, 3, random);
  Placed<float> b(3, 8, random);
  Placed<float> none(0, 8, random);
  Placed<float> w(5, 8, random);
  Placed<float> narrow(5, 7, random);
  Placed<float> low(4, 8, random);
  Placed<float> other_rank(5, 2, random);
  Placed<float> two_means(2, 8, random);
  Placed<float> short_mean(1, 7, random);
  CHECK_THROWS_AS(reconstruct<float>(s.view(), b.view(), none.view(), narrow.view()), Error);
  CHECK_THROWS_WITH(reconstruct<float>(s.view(), b.view(), none.view(), narrow.view()),
                    ContainsSubstring("width 7") && ContainsSubstring("width 8"));
  CHECK_THROWS_WITH(reconstruct<float>(s.view(), b.view(), none.view(), low.view()),
                    ContainsSubstring("5 x 3") && ContainsSubstring("4 x 3"));
  CHECK_THROWS_WITH(reconstruct<float>(other_rank.view(), b.view(), none.view(), w.view()),
                    ContainsSubstring("5 x 2") && ContainsSubstring("5 x 3"));
  CHECK_THROWS_WITH(reconstruct<float>(s.view(), b.view(), short_mean.view(), w.view()),
                    ContainsSubstring("1 x 7") && ContainsSubstring("1 x 8"));
  CHECK_THROWS_WITH(reconstruct<float>(s.view(), b.view(), two_means.view(), w.view()), ContainsSubstring("2 x 8"));
  CHECK_THROWS_WITH(reconstruct_onto<float>(low.view(), 1.0F, s.view(), b.view(), none.view(), w.view()),
                    ContainsSubstring("base is 4 x 8") && ContainsSubstring("5 x 8"));
  const ReconstructJob<float> jobs[] = {{s.view(), w.view()}, {other_rank.view(), w.view()}};
  w.restore();
  CHECK_THROWS_AS(reconstruct<float>(std::span<const ReconstructJob<float>>(jobs), b.view(), none.view()), Error);
  CHECK(w.now(0, 0) == w(0, 0));  // all are checked before anything is written
}
