// SPDX-License-Identifier: MIT
/// @file
/// Many stacks in one call give what they give one by one.
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/linalg/batched_svd.hpp>
#include <ampsft/linalg/dense_svd.hpp>

#include <limits>
#include <utility>
#include <vector>

#include "linalg/known_matrix.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
void check_equal(const TruncatedSvd<T>& a, const TruncatedSvd<T>& b) {
  CHECK(max_difference(a.components, b.components) <= 1e-5);
  CHECK(max_difference(a.singular_values, b.singular_values) <= 1e-9);
  CHECK(a.count == b.count);
  CHECK(rows(a.mean) == rows(b.mean));
  CHECK(a.raw_energy == Approx(b.raw_energy).epsilon(1e-12));
}

}  // namespace

TEMPLATE_TEST_CASE("a batch equals one by one at every thread count", "", float, double) {
  // Mixed sizes: one stack that is worth all threads, many small ones.
  std::vector<Matrix<TestType>> memory;
  for (const auto& [n, d] : {std::pair<Index, Index>{30, 4}, {9000, 16}, {64, 9}, {12, 12}, {400, 6}, {1, 2}}) {
    memory.push_back(normal_matrix<TestType>(n, d, static_cast<std::uint64_t>(n)));
  }
  std::vector<SvdJob<TestType>> jobs;
  for (const auto& matrix : memory) {
    const Index top = rows(matrix) / 3;
    const ConstMatrixMap<TestType> upper(matrix.data(), top, cols(matrix));
    const ConstMatrixMap<TestType> lower(matrix.data() + top * cols(matrix), rows(matrix) - top, cols(matrix));
    jobs.push_back({.blocks = {upper, lower}, .options = {.rank = 2, .centred = jobs.size() % 2 == 0}});
  }
  jobs.back().options.centred = false;  // one row without its mean determines no component
  jobs.back().options.rank = 1;
  for (const int threads : {1, 2, 5}) {
    CAPTURE(threads);
    set_thread_count(threads);
    const auto results = batched_svd(jobs);
    REQUIRE(results.size() == jobs.size());
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      CAPTURE(i);
      check_equal(results[i], stacked_svd(jobs[i]));
      const auto dense = dense_svd<TestType>(map(memory[i]), jobs[i].options.rank, jobs[i].options.centred);
      CHECK(max_difference(results[i].components, dense.components) <= 1e-5);
    }
  }
  set_thread_count(0);
  CHECK(batched_svd(std::vector<SvdJob<TestType>>{}).empty());
}

TEST_CASE("a block that stands in a stack twice counts twice") {
  const Matrix<double> matrix = normal_matrix<double>(50, 4, 9);
  const auto once = stacked_svd<double>({.blocks = {map(matrix)}, .options = {.rank = 4}});
  const auto twice = stacked_svd<double>({.blocks = {map(matrix), map(matrix)}, .options = {.rank = 4}});
  CHECK(twice.count == 100);
  CHECK(max_difference(twice.singular_values, make_matrix(std::sqrt(2.0) * map(once.singular_values))) <= 1e-12);
  CHECK(max_difference(twice.components, once.components) <= 1e-10);
}

TEST_CASE("a stack that cannot be decomposed fails the batch") {
  Matrix<float> good = normal_matrix<float>(20, 4, 1);
  Matrix<float> bad = good;
  bad(3, 2) = std::numeric_limits<float>::quiet_NaN();
  const Matrix<float> narrow = normal_matrix<float>(20, 3, 1);
  const auto view = [](const Matrix<float>& matrix) { return map(matrix); };
  CHECK_THROWS_AS(batched_svd<float>({{{view(good)}, {.rank = 1}}, {{view(bad)}, {.rank = 1}}}), Error);
  CHECK_THROWS_AS(batched_svd<float>({{{view(good), view(narrow)}, {.rank = 1}}}), Error);
  CHECK_THROWS_AS(batched_svd<float>({{{view(good)}, {.rank = 5}}}), Error);
  CHECK_THROWS_AS(batched_svd<float>({{}}), Error);
}
