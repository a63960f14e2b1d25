// SPDX-License-Identifier: MIT
/// @file
/// The three products against a naive twin in double, at odd shapes and strides, and their laws.
#include <ampsft/basis/products.hpp>

#include <limits>
#include <type_traits>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

struct Shape {
  Index n, d, k;
};

const std::vector<Shape> shapes{{0, 4, 2},  {1, 1, 1},   {2, 3, 1},     {33, 7, 3},   {64, 16, 8},
                                {31, 5, 5}, {3, 33, 11}, {100, 257, 7}, {5000, 64, 8}};

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 2e-4 : 1e-12;

template <class T>
Matrix<double> naive_reconstruct(const Matrix<T>& s, const Matrix<T>& b, const Matrix<T>& mean) {
  Matrix<double> w = make_matrix<double>(rows(s), cols(b));
  for (Index i = 0; i < rows(s); ++i) {
    for (Index j = 0; j < cols(b); ++j) {
      double sum = rows(mean) == 1 ? static_cast<double>(mean(0, j)) : 0.0;
      for (Index k = 0; k < rows(b); ++k) {
        sum += static_cast<double>(s(i, k)) * static_cast<double>(b(k, j));
      }
      w(i, j) = sum;
    }
  }
  return w;
}

template <class T>
Matrix<double> naive_extract(const Matrix<T>& w, const Matrix<T>& b, const Matrix<T>& mean) {
  Matrix<double> s = make_matrix<double>(rows(w), rows(b));
  for (Index i = 0; i < rows(w); ++i) {
    for (Index k = 0; k < rows(b); ++k) {
      double sum = 0.0;
      for (Index j = 0; j < cols(w); ++j) {
        const double centre = rows(mean) == 1 ? static_cast<double>(mean(0, j)) : 0.0;
        sum += (static_cast<double>(w(i, j)) - centre) * static_cast<double>(b(k, j));
      }
      s(i, k) = sum;
    }
  }
  return s;
}

template <class T>
double difference(const Matrix<T>& a, const Matrix<double>& b) {
  return a.size() == 0 ? 0.0 : max_difference(a, b);
}

}  // namespace

TEMPLATE_TEST_CASE("products equal their naive twins", "", float, double) {
  for (const auto& [n, d, k] : shapes) {
    for (const Index mean_rows : {Index{0}, Index{1}}) {
      CAPTURE(n, d, k, mean_rows);
      const auto s = normal_matrix<TestType>(n, k, 1);
      const auto b = normal_matrix<TestType>(k, d, 2);
      const auto mean = normal_matrix<TestType>(mean_rows, d, 3);
      const auto w = normal_matrix<TestType>(n, d, 4);
      auto weights = make_matrix<TestType>(n, d, TestType{9});
      reconstruct<TestType>(map(s), map(b), map(mean), map(weights));
      CHECK(difference(weights, naive_reconstruct(s, b, mean)) <= tolerance<TestType>);
      auto scores = make_matrix<TestType>(n, k, TestType{9});
      extract<TestType>(map(w), map(b), map(mean), map(scores));
      CHECK(difference(scores, naive_extract(w, b, mean)) <= tolerance<TestType>);
      project<TestType>(map(w), map(b), map(scores));
      CHECK(difference(scores, naive_extract(w, b, make_matrix<TestType>(0, d))) <= tolerance<TestType>);
    }
  }
}

TEMPLATE_TEST_CASE("products work in place inside larger arrays and touch nothing else", "", float, double) {
  const auto s = normal_matrix<TestType>(40, 5, 1);
  const auto b = normal_matrix<TestType>(9, 20, 2);
  const auto mean = normal_matrix<TestType>(1, 20, 3);
  auto target = make_matrix<TestType>(42, 20, TestType{-7});
  const auto s_part = map(s).middleCols(1, 3);
  const auto b_part = map(b).block(2, 4, 3, 11);
  const auto mean_part = map(mean).middleCols(4, 11);
  reconstruct<TestType>(s_part, b_part, mean_part, map(target).block(1, 6, 40, 11));
  const auto expected = naive_reconstruct(make_matrix(s_part), make_matrix(b_part), make_matrix(mean_part));
  CHECK(max_difference(make_matrix(map(target).block(1, 6, 40, 11)), expected) <= tolerance<TestType>);
  map(target).block(1, 6, 40, 11).setConstant(TestType{-7});
  CHECK(map(target).minCoeff() == TestType{-7});
  CHECK(map(target).maxCoeff() == TestType{-7});
}

TEMPLATE_TEST_CASE("project inverts reconstruct, and extract does so with a large mean", "", float, double) {
  Random random(3);
  const auto b = random_orthonormal<TestType>(6, 40, random);
  const auto s = normal_matrix<TestType>(200, 6, 1);
  auto w = make_matrix<TestType>(200, 40);
  auto back = make_matrix<TestType>(200, 6);
  const auto no_mean = make_matrix<TestType>(0, 40);
  reconstruct<TestType>(map(s), map(b), map(no_mean), map(w));
  project<TestType>(map(w), map(b), map(back));
  CHECK(max_difference(back, s) <= (std::is_same_v<TestType, float> ? 5e-6 : 1e-14));
  const auto mean = make_matrix<TestType>(1, 40, TestType{1000});
  reconstruct<TestType>(map(s), map(b), map(mean), map(w));
  extract<TestType>(map(w), map(b), map(mean), map(back));
  CHECK(max_difference(back, s) <= (std::is_same_v<TestType, float> ? 5e-4 : 1e-11));
}

TEST_CASE("the thread count changes no bit") {
  const auto s = normal_matrix<float>(40'000, 8, 1);
  const auto b = normal_matrix<float>(8, 64, 2);
  const auto mean = normal_matrix<float>(1, 64, 3);
  auto one = make_matrix<float>(40'000, 64);
  auto four = one;
  set_thread_count(1);
  reconstruct<float>(map(s), map(b), map(mean), map(one));
  set_thread_count(4);
  reconstruct<float>(map(s), map(b), map(mean), map(four));
  set_thread_count(0);
  CHECK(max_difference(one, four) == 0.0);
}

TEST_CASE("a NaN stays in its row") {
  auto s = normal_matrix<float>(40, 3, 1);
  s(5, 1) = std::numeric_limits<float>::quiet_NaN();
  const auto b = normal_matrix<float>(3, 8, 2);
  const auto mean = normal_matrix<float>(1, 8, 2);
  auto w = make_matrix<float>(40, 8);
  reconstruct<float>(map(s), map(b), map(mean), map(w));
  for (Index i = 0; i < 40; ++i) {
    CHECK(map(w).row(i).allFinite() == (i != 5));
  }
}

TEST_CASE("shapes that do not match are refused") {
  const auto b = normal_matrix<float>(3, 8, 2);
  const auto none = make_matrix<float>(0, 8);
  auto w = make_matrix<float>(5, 8);
  auto narrow = make_matrix<float>(5, 7);
  auto s = make_matrix<float>(5, 3);
  auto wrong_rank = make_matrix<float>(5, 2);
  auto short_mean = make_matrix<float>(1, 7);
  CHECK_THROWS_WITH(reconstruct<float>(map(wrong_rank), map(b), map(none), map(w)),
                    ContainsSubstring("5 x 2") && ContainsSubstring("5 x 3"));
  CHECK_THROWS_AS(reconstruct<float>(map(s), map(b), map(short_mean), map(w)), Error);
  CHECK_THROWS_AS(extract<float>(map(narrow), map(b), map(none), map(s)), Error);
  CHECK_THROWS_AS(project<float>(map(w), map(b), map(wrong_rank)), Error);
}
