// SPDX-License-Identifier: MIT
/// @file
/// The Gram accumulator against a naive two-pass computation, and the laws of merging.
#include <ampsft/linalg/gram.hpp>

#include <limits>
#include <utility>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"
#include "support/count_allocations.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// Two passes in long double.
template <class T>
Matrix<double> naive_scatter(const Matrix<T>& matrix) {
  const Index n = rows(matrix);
  const Index d = cols(matrix);
  std::vector<long double> mean(static_cast<std::size_t>(d), 0.0L);
  const auto at = [&](Index i, Index j) { return static_cast<long double>(map(matrix)(i, j)); };
  for (Index j = 0; j < d; ++j) {
    for (Index i = 0; i < n; ++i) {
      mean[static_cast<std::size_t>(j)] += at(i, j) / static_cast<long double>(n);
    }
  }
  Matrix<double> scatter = make_matrix<double>(d, d);
  for (Index a = 0; a < d; ++a) {
    for (Index b = 0; b < d; ++b) {
      long double sum = 0.0L;
      for (Index i = 0; i < n; ++i) {
        sum += (at(i, a) - mean[static_cast<std::size_t>(a)]) * (at(i, b) - mean[static_cast<std::size_t>(b)]);
      }
      map(scatter)(a, b) = static_cast<double>(sum);
    }
  }
  return scatter;
}

template <class T>
GramAccumulator<T> accumulate(const Matrix<T>& matrix) {
  GramAccumulator<T> gram(cols(matrix));
  gram.add(map(matrix));
  return gram;
}

struct ThreadCount {
  explicit ThreadCount(int count) { set_thread_count(count); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { set_thread_count(0); }
};

}  // namespace

TEMPLATE_TEST_CASE("the Gram accumulator equals the naive scatter", "", float, double) {
  for (const auto& [n, d] :
       {std::pair<Index, Index>{1, 1}, {1, 5}, {3, 7}, {255, 4}, {512, 4}, {513, 4}, {3000, 9}, {200, 97}}) {
    CAPTURE(n, d);
    const Matrix<TestType> matrix = normal_matrix<TestType>(n, d, 7);
    const auto gram = accumulate(matrix);
    CHECK(gram.count() == n);
    const Matrix<double> expected = naive_scatter(matrix);
    CHECK(max_difference(gram.scatter(), expected) <= 1e-11);
    const Matrix<double> mean = make_matrix(map(matrix).template cast<double>().colwise().mean());
    CHECK(max_difference(gram.mean(), mean) <= 1e-13);
    const Eigen::MatrixXd wide = map(matrix).template cast<double>();
    CHECK(max_difference(gram.second_moment(), make_matrix(wide.transpose() * wide)) <= 1e-11);
    CHECK(gram.raw_energy() == Approx(wide.squaredNorm()).epsilon(1e-13));
    CHECK(gram.centred_energy() == Approx(map(expected).trace()).epsilon(1e-12).margin(1e-13));
  }
}

TEMPLATE_TEST_CASE("a mean of 1e4 standard deviations costs no digits, also where it changes", "", float, double) {
  Matrix<TestType> matrix = normal_matrix<TestType>(2000, 6, 3);
  flat(matrix) += TestType{10000};
  map(matrix).bottomRows(700).array() -= TestType{20000};
  const Matrix<double> expected = naive_scatter(matrix);
  CHECK(max_difference(accumulate(matrix).scatter(), expected) <= 1e-13 * map(expected).maxCoeff());
  // The part before the change has a scatter of about 1300 beside a mean of 1e4.
  const Matrix<TestType> before = make_matrix(map(matrix).topRows(1300));
  CHECK(max_difference(accumulate(before).scatter(), naive_scatter(before)) <= 1e-9);
}

TEMPLATE_TEST_CASE("chunks and merged parts equal the whole", "", float, double) {
  Matrix<TestType> matrix = normal_matrix<TestType>(1500, 8, 5);
  map(matrix).col(2).array() += TestType{300};
  const auto whole = accumulate(matrix);
  GramAccumulator<TestType> chunked(8);
  GramAccumulator<TestType> first(8);
  GramAccumulator<TestType> second(8);
  for (Index row = 0; row < 1500; row += 125) {
    chunked.add(map(matrix).middleRows(row, 125));
    (row < 500 ? first : second).add(map(matrix).middleRows(row, 125));
  }
  first.merge(second);
  GramAccumulator<TestType> from_empty(8);
  from_empty.merge(first);
  from_empty.merge(GramAccumulator<TestType>(8));
  for (const auto& gram : {chunked, first, from_empty}) {
    CHECK(gram.count() == whole.count());
    CHECK(max_difference(gram.mean(), whole.mean()) <= 1e-12);
    CHECK(max_difference(gram.scatter(), whole.scatter()) <= 1e-10);
    CHECK(gram.raw_energy() == Approx(whole.raw_energy()).epsilon(1e-13));
  }
}

TEST_CASE("rows are read at their stride") {
  const Matrix<float> wide = normal_matrix<float>(40, 9, 11);
  GramAccumulator<float> strided(4);
  strided.add(map(wide).middleCols(3, 4));
  const Matrix<float> copy = make_matrix(map(wide).middleCols(3, 4));
  CHECK(max_difference(strided.scatter(), accumulate(copy).scatter()) == 0.0);
}

TEST_CASE("the thread count changes no bit") {
  for (const auto& [n, d] : {std::pair<Index, Index>{9000, 12}, {600, 145}, {1, 30}}) {
    const Matrix<float> matrix = normal_matrix<float>(n, d, 2);
    const auto with = [&, width = d](int threads) {
      const ThreadCount count(threads);
      GramAccumulator<float> gram(width);
      gram.add(map(matrix));
      gram.add(map(matrix).topRows(1));
      return gram;
    };
    const auto serial = with(1);
    for (const int threads : {2, 3, 16}) {
      CAPTURE(n, d, threads);
      const auto threaded = with(threads);
      CHECK(max_difference(threaded.scatter(), serial.scatter()) == 0.0);
      CHECK((threaded.mean() == serial.mean()));
      CHECK(threaded.raw_energy() == serial.raw_energy());
    }
  }
}

TEST_CASE("an accumulator and what adds to it hold at most 1.3 d^2 doubles, or 256 KiB beside d^2") {
  for (const Index d : {1, 47, 300, 363, 385, 577, 1000}) {
    const Matrix<float> matrix = normal_matrix<float>(1200, d, 2);
    for (const int threads : {1, 3, 16}) {
      const ThreadCount count(threads);
      const auto bytes = peak_bytes([&, width = d] {
        GramAccumulator<float> gram(width);
        gram.add(map(matrix).topRows(1));
        gram.add(map(matrix));
      });
      CAPTURE(d, threads);
      const auto square = static_cast<std::size_t>(d * d) * sizeof(double);
      CHECK(bytes >= square);
      CHECK(bytes <= std::max(square * 13 / 10, square + (std::size_t{256} << 10) + 2000));
    }
  }
}

TEST_CASE("extreme magnitudes and bad input") {
  Matrix<float> matrix = normal_matrix<float>(10, 3, 4);
  flat(matrix) *= 1e30F;
  CHECK(std::isfinite(accumulate(matrix).raw_energy()));
  flat(matrix) *= 1e-37F;
  flat(matrix) *= 1e-33F;  // subnormal numbers
  CHECK(accumulate(matrix).raw_energy() > 0.0);
  map(matrix)(4, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(std::isfinite(accumulate(matrix).raw_energy()));

  GramAccumulator<float> gram(4);
  CHECK_THROWS_WITH(gram.add(map(matrix)), ContainsSubstring("width 3") && ContainsSubstring("width 4"));
  CHECK_THROWS_AS(gram.merge(GramAccumulator<float>(5)), Error);
  CHECK_THROWS_AS(GramAccumulator<float>(0), Error);
  gram.add(ConstMatrixMap<float>(matrix.data(), 0, 4));
  CHECK(gram.count() == 0);
  CHECK(gram.raw_energy() == 0.0);
}

TEST_CASE("moments that do not fit each other are no accumulator") {
  const auto gram = accumulate(normal_matrix<double>(50, 3, 1));
  const auto restored = [&](double energy) {
    return GramAccumulator<double>::restored(50, gram.mean(), gram.lower_scatter(), energy);
  };
  CHECK(restored(gram.raw_energy()).raw_energy() == gram.raw_energy());
  CHECK_THROWS_WITH(restored(1.001 * gram.raw_energy()), ContainsSubstring("mean and scatter"));
  CHECK_THROWS_WITH(restored(0.999 * gram.raw_energy()), ContainsSubstring("mean and scatter"));
  auto mean = gram.mean();
  mean(0, 1) += 1e200;
  CHECK_THROWS_AS(GramAccumulator<double>::restored(50, mean, gram.lower_scatter(), gram.raw_energy()), Error);
}
