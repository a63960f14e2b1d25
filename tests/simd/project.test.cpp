// SPDX-License-Identifier: MIT
/// @file
/// Scores' gradients against a naive twin in double, over random shapes and places.
#include <ampsft/simd/project.hpp>

#include <deque>

#include "simd/reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T, class X>
Reference expected_scores(const Placed<X>& gradient, const Placed<T>& b, const Placed<T>& former, WriteMode mode) {
  return reference<T>(gradient.rows(), b.rows(), b.cols(), [&](Index i, Index k, Sum& sum) {
    if (mode == WriteMode::add) {
      sum += former(i, k);
    }
    for (Index j = 0; j < b.cols(); ++j) {
      sum += gradient(i, j) * b(k, j);
    }
  });
}

}  // namespace

TEMPLATE_TEST_CASE("project equals its naive twin at any shape, place and level", "", Fp32, Fp64, Bf16) {
  using T = typename TestType::T;
  using X = typename TestType::W;
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const Shape shape = draw_shape(random);
    const auto [n, d, k] = shape;
    const WriteMode mode = random.below(2) == 0 ? WriteMode::overwrite : WriteMode::add;
    Placed<X> gradient(n, d, random);
    Placed<T> b(k, d, random);
    Placed<T> scores(n, k, random);
    switch (round % 8) {
      case 0:
        poison(gradient, random);
        break;
      case 1:
        poison(b, random);
        break;
      case 2:
        poison(scores, random);
        break;
      default:
        break;
    }
    const Reference expected = expected_scores(gradient, b, scores, mode);
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      scores.restore();
      project<T, X>(gradient.view(), b.view(), scores.view(), mode);
      check_result(scores, expected, shape, mode == WriteMode::add ? ", added" : "");
    }
  }
}

TEMPLATE_TEST_CASE("project_with_mean equals its naive twin at any shape, place and level", "", float, double) {
  using T = TestType;
  Random random(5);
  for (int round = 0; round < 1000; ++round) {
    const Shape shape = draw_shape(random);
    const auto [n, d, k] = shape;
    const WriteMode mode = round % 2 == 0 ? WriteMode::overwrite : WriteMode::add;
    Placed<T> gradient(n, d, random);
    Placed<T> b(k, d, random);
    Placed<T> mean(1, d, random);
    Placed<T> scores(n, k, random);
    Placed<T> sums(1, n, random);
    const Reference expected = expected_scores(gradient, b, scores, mode);
    const Reference expected_sums = reference<T>(1, n, d, [&](Index, Index i, Sum& sum) {
      if (mode == WriteMode::add) {
        sum += sums(0, i);
      }
      for (Index j = 0; j < d; ++j) {
        sum += gradient(i, j) * mean(0, j);
      }
    });
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      scores.restore();
      sums.restore();
      project_with_mean<T>(gradient.view(), b.view(), mean.view(), scores.view(), sums.view(), mode);
      check_result(scores, expected, shape, "");
      check_result(sums, expected_sums, shape, ", sums");
    }
  }
}

TEMPLATE_TEST_CASE("project of a batch treats each matrix as if it were alone", "", Fp32, Fp64, Bf16) {
  using T = typename TestType::T;
  using X = typename TestType::W;
  Random random(2);
  for (int round = 0; round < 1000; ++round) {
    const Shape shape = draw_shape(random);
    const WriteMode mode = round % 2 == 0 ? WriteMode::overwrite : WriteMode::add;
    Placed<T> b(shape.k, shape.d, random);
    std::deque<Placed<X>> gradient;
    std::deque<Placed<T>> scores;
    std::vector<Reference> expected;
    std::vector<ProjectJob<T, X>> jobs;
    for (Index left = random.below(7); left > 0; --left) {
      const Index n = random.below(3) == 0 ? 0 : random.below(2 * shape.n / 3 + 2);
      gradient.emplace_back(n, shape.d, random);
      scores.emplace_back(n, shape.k, random);
      expected.push_back(expected_scores(gradient.back(), b, scores.back(), mode));
      jobs.push_back({gradient.back().view(), scores.back().view()});
    }
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      std::for_each(scores.begin(), scores.end(), [](Placed<T>& one) { one.restore(); });
      project<T, X>(std::span<const ProjectJob<T, X>>(jobs), b.view(), mode);
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        check_result(scores[i], expected[i], {jobs[i].scores.rows, shape.d, shape.k}, ", job ", i, " of ", jobs.size());
      }
    }
  }
}

TEST_CASE("project refuses shapes that do not match") {
  Random random(3);
  Placed<float> gradient(5, 8, random);
  Placed<float> narrow(5, 7, random);
  Placed<float> b(3, 8, random);
  Placed<float> s(5, 3, random);
  Placed<float> low(4, 3, random);
  Placed<float> other_rank(5, 2, random);
  CHECK_THROWS_AS(project<float>(narrow.view(), b.view(), s.view()), Error);
  CHECK_THROWS_WITH(project<float>(narrow.view(), b.view(), s.view()),
                    ContainsSubstring("width 7") && ContainsSubstring("width 8"));
  CHECK_THROWS_WITH(project<float>(gradient.view(), b.view(), low.view()),
                    ContainsSubstring("4 x 3") && ContainsSubstring("5 x 3"));
  CHECK_THROWS_WITH(project<float>(gradient.view(), b.view(), other_rank.view(), WriteMode::add),
                    ContainsSubstring("5 x 2") && ContainsSubstring("5 x 3"));
  const ProjectJob<float> jobs[] = {{gradient.view(), s.view()}, {gradient.view(), low.view()}};
  CHECK_THROWS_AS(project<float>(std::span<const ProjectJob<float>>(jobs), b.view()), Error);
  CHECK(s.now(0, 0) == s(0, 0));  // all are checked before anything is written
}
