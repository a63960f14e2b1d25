// SPDX-License-Identifier: MIT
/// @file
/// Reconstruction and projection are linear, and adjoint to each other.
///
/// With small whole numbers all products and sums are exact in float and double, so that laws hold to the last bit.
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include "simd/matrices.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
EigenMatrix<T> reconstructed(const EigenMatrix<T>& s, const EigenMatrix<T>& b) {
  const EigenMatrix<T> none(0, b.cols());
  EigenMatrix<T> w(s.rows(), b.cols());
  reconstruct<T>(s, b, none, w);
  return w;
}

template <class T>
EigenMatrix<T> projected(const EigenMatrix<T>& w, const EigenMatrix<T>& b) {
  EigenMatrix<T> s(w.rows(), b.rows());
  project<T>(w, b, s);
  return s;
}

template <class T>
double inner(const EigenMatrix<T>& x, const EigenMatrix<T>& y) {
  return x.template cast<double>().cwiseProduct(y.template cast<double>()).sum();
}

}  // namespace

// Matrices are compared in double parentheses, so that Catch2 does not learn to print them.

TEMPLATE_TEST_CASE("reconstruct and project are linear and adjoint to each other", "", float, double) {
  using T = TestType;
  using M = EigenMatrix<T>;
  Random random(1);
  for (const auto& [n, d, k] : law_shapes) {
    const M b = whole_numbers<T>(k, d, random);
    const M s = whole_numbers<T>(n, k, random);
    const M t = whole_numbers<T>(n, k, random);
    const M g = whole_numbers<T>(n, d, random);
    const M h = whole_numbers<T>(n, d, random);
    const M none(0, d);
    const M mixed_scores = T{3} * s - T{2} * t;
    const M mixed_gradients = T{3} * g - T{2} * h;
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      CAPTURE(simd::name(level), n, d, k);
      const M w = reconstructed<T>(s, b);
      CHECK((reconstructed<T>(mixed_scores, b) == T{3} * w - T{2} * reconstructed<T>(t, b)));
      CHECK((reconstructed<T>(s, T{2} * b) == T{2} * w));
      const M p = projected<T>(g, b);
      CHECK((projected<T>(mixed_gradients, b) == T{3} * p - T{2} * projected<T>(h, b)));
      CHECK((projected<T>(g, T{2} * b) == T{2} * p));
      CHECK(inner<T>(w, g) == inner<T>(s, p));
      M onto = w;
      reconstruct_onto<T>(onto, T{-2}, s, b, none, onto);
      CHECK((onto == -w));
      M sum = p;
      project<T>(h, b, sum, WriteMode::add);
      CHECK((sum == projected<T>(g + h, b)));
    }
  }
}

TEMPLATE_TEST_CASE("all levels agree to the last bit where all sums are exact", "", float, double) {
  using T = TestType;
  using M = EigenMatrix<T>;
  Random random(2);
  for (const auto& [n, d, k] : law_shapes) {
    const M b = whole_numbers<T>(k, d, random);
    const M s = whole_numbers<T>(n, k, random);
    const M mean = whole_numbers<T>(1, d, random);
    M former_w;
    M former_scores;
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      CAPTURE(simd::name(level), n, d, k);
      M w(n, d);
      M scores(n, k);
      reconstruct<T>(s, b, mean, w);
      const M clipped = w.cwiseMin(T{8}).cwiseMax(T{-8});
      extract<T>(clipped, b, mean, scores);
      CHECK((level == simd::Level::scalar || w == former_w));
      CHECK((level == simd::Level::scalar || scores == former_scores));
      former_w = w;
      former_scores = scores;
    }
  }
}
