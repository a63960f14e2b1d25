// SPDX-License-Identifier: MIT
/// @file
/// Scores and residuals of weights against a naive twin in double, over random shapes and places.
#include <ampsft/simd/project.hpp>

#include <algorithm>
#include <deque>

#include "simd/reference.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T, class X>
double centred(const Placed<X>& w, const Placed<T>& mean, Index i, Index j) {
  return mean.rows() == 1 ? w(i, j) - mean(0, j) : w(i, j);
}

template <class T, class X>
Reference expected_scores(const Placed<X>& w, const Placed<T>& b, const Placed<T>& mean) {
  return reference<T>(w.rows(), b.rows(), b.cols(), [&](Index i, Index k, Sum& sum) {
    for (Index j = 0; j < b.cols(); ++j) {
      sum += centred(w, mean, i, j) * b(k, j);
    }
  });
}

/// `max(0, |w - mu|^2 - |s|^2)`; a NaN stays one. The scores' errors `e` add `2 |s| e + e^2` to those of the sum.
template <class T, class X>
Reference expected_residuals(const Placed<X>& w, const Placed<T>& mean, const Reference& scores) {
  Reference expected = reference<T>(1, w.rows(), w.cols() + scores.cols, [&](Index, Index i, Sum& sum) {
    for (Index j = 0; j < w.cols(); ++j) {
      sum += centred(w, mean, i, j) * centred(w, mean, i, j);
    }
    for (Index k = 0; k < scores.cols; ++k) {
      const double s = scores.value[scores.at(i, k)];
      sum += -s * s;
    }
  });
  for (Index i = 0; i < w.rows(); ++i) {
    double& value = expected.value[expected.at(0, i)];
    value = value < 0 ? 0 : value;
    for (Index k = 0; k < scores.cols; ++k) {
      const double e = scores.bound[scores.at(i, k)];
      expected.bound[expected.at(0, i)] += e * (2 * std::fabs(scores.value[scores.at(i, k)]) + e);
    }
  }
  return expected;
}

}  // namespace

TEMPLATE_TEST_CASE("extract equals its naive twin at any shape, place and level", "", Fp32, Fp64, Bf16) {
  using T = typename TestType::T;
  using X = typename TestType::W;
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const Shape shape = draw_shape(random);
    const auto [n, d, k] = shape;
    Placed<X> w(n, d, random);
    Placed<T> b(k, d, random, 1 / std::sqrt(static_cast<double>(k)));  // so that residuals are mostly above zero
    Placed<T> mean(random.below(2), d, random);
    Placed<T> scores(n, k, random);
    Placed<T> residuals(random.below(2), n, random);
    switch (round % 8) {
      case 0:
        poison(w, random);
        break;
      case 1:
        poison(b, random);
        break;
      case 2:
        poison(mean, random);
        break;
      default:
        break;
    }
    const Reference expected = expected_scores(w, b, mean);
    const Reference missed = residuals.rows() == 1 ? expected_residuals<T>(w, mean, expected) : Reference{};
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      scores.restore();
      residuals.restore();
      extract<T, X>(w.view(), b.view(), mean.view(), scores.view(), residuals.view());
      check_result(scores, expected, shape, ", scores");
      check_result(residuals, missed, shape, ", residuals");
    }
  }
}

TEMPLATE_TEST_CASE("extract of a batch treats each matrix as if it were alone", "", Fp32, Bf16) {
  using T = typename TestType::T;
  using X = typename TestType::W;
  Random random(2);
  for (int round = 0; round < 500; ++round) {
    const Shape shape = draw_shape(random);
    Placed<T> b(shape.k, shape.d, random, 1 / std::sqrt(static_cast<double>(shape.k)));
    Placed<T> mean(random.below(2), shape.d, random);
    std::deque<Placed<X>> w;
    std::deque<Placed<T>> scores;
    std::deque<Placed<T>> residuals;
    std::vector<ExtractJob<T, X>> jobs;
    for (Index left = random.below(6); left > 0; --left) {
      const Index n = random.below(shape.n + 2);
      w.emplace_back(n, shape.d, random);
      scores.emplace_back(n, shape.k, random);
      residuals.emplace_back(random.below(2), n, random);
      jobs.push_back({w.back().view(), scores.back().view(), residuals.back().view()});
    }
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      std::for_each(scores.begin(), scores.end(), [](Placed<T>& one) { one.restore(); });
      std::for_each(residuals.begin(), residuals.end(), [](Placed<T>& one) { one.restore(); });
      extract<T, X>(std::span<const ExtractJob<T, X>>(jobs), b.view(), mean.view());
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        const Reference expected = expected_scores(w[i], b, mean);
        check_result(scores[i], expected, {w[i].rows(), shape.d, shape.k}, ", scores of job ", i);
        if (residuals[i].rows() == 1) {
          check_result(residuals[i], expected_residuals<T>(w[i], mean, expected), shape, ", residuals of job ", i);
        }
      }
    }
  }
}

TEST_CASE("extract refuses shapes that do not match") {
  Random random(3);
  Placed<float> w(5, 8, random);
  Placed<float> narrow(5, 7, random);
  Placed<float> b(3, 8, random);
  Placed<float> none(0, 8, random);
  Placed<float> short_mean(1, 7, random);
  Placed<float> s(5, 3, random);
  Placed<float> other_rank(5, 2, random);
  Placed<float> four(1, 4, random);
  Placed<float> column(5, 1, random);
  CHECK_THROWS_AS(extract<float>(narrow.view(), b.view(), none.view(), s.view()), Error);
  CHECK_THROWS_WITH(extract<float>(narrow.view(), b.view(), none.view(), s.view()),
                    ContainsSubstring("width 7") && ContainsSubstring("width 8"));
  CHECK_THROWS_WITH(extract<float>(w.view(), b.view(), none.view(), other_rank.view()),
                    ContainsSubstring("5 x 2") && ContainsSubstring("5 x 3"));
  CHECK_THROWS_WITH(extract<float>(w.view(), b.view(), short_mean.view(), s.view()),
                    ContainsSubstring("1 x 7") && ContainsSubstring("1 x 8"));
  CHECK_THROWS_WITH(extract<float>(w.view(), b.view(), none.view(), s.view(), four.view()),
                    ContainsSubstring("1 x 4") && ContainsSubstring("1 x 5"));
  CHECK_THROWS_WITH(extract<float>(w.view(), b.view(), none.view(), s.view(), column.view()),
                    ContainsSubstring("5 x 1") && ContainsSubstring("1 x 5"));
}
