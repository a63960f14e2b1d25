// SPDX-License-Identifier: MIT
/// @file
/// The thread count changes no bit of what is computed row by row, and sums over rows by rounding only.
#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/reconstruct_backward.hpp>

#include "simd/matrices.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

// More than three times the 2^20 multiply-adds that are worth a thread, and pieces that end amid blocks of rows.
constexpr Index many = 1003;
constexpr Index d = 67;
constexpr Index scores_of_many = 48;

template <class T>
struct Inputs {
  EigenMatrix<T> s, b, mean, w, q;

  Inputs(Index n, Index k, Random& random)
      : s(uniform<T>(n, k, random)),
        b(uniform<T>(k, d, random)),
        mean(uniform<T>(1, d, random)),
        w(uniform<T>(n, d, random)),
        q(uniform<T>(d, k, random)) {}
};

/// All results of the entry points whose bits must not depend on the thread count.
template <class T>
std::vector<EigenMatrix<T>> results(const Inputs<T>& in) {
  using M = EigenMatrix<T>;
  const Index n = in.w.rows();
  const Index k = in.b.rows();
  std::vector<M> all;
  for (const Stores stores : {Stores::cached, Stores::streaming}) {
    M w(n, d);
    reconstruct<T>(in.s, in.b, in.mean, w, stores);
    all.push_back(w);
  }
  M scores(n, k);
  project<T>(in.w, in.b, scores);
  all.push_back(scores);
  M residuals(1, n);
  extract<T>(in.w, in.b, in.mean, scores, residuals);
  all.push_back(scores);
  all.push_back(residuals);
  M y(n, d);
  factored_output<T>(in.s, in.q, y);
  all.push_back(y);
  factored_input_gradient<T>(in.w, in.q, scores);
  all.push_back(scores);
  M dq(d, k);
  factored_scores_gradient<T>(in.w, in.s, dq);
  all.push_back(dq);
  // A batch is cut where its matrices are not.
  M parts(n, d);
  std::vector<ReconstructJob<T>> jobs;
  for (Index first = 0, count = 1; first < n; first += count, count = std::min(3 * count, n - first)) {
    jobs.push_back({in.s.middleRows(first, count), parts.middleRows(first, count)});
  }
  reconstruct<T>(std::span<const ReconstructJob<T>>(jobs), in.b, in.mean);
  all.push_back(parts);
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("the thread count changes no bit", "", float, double) {
  Random random(1);
  // Many scores; few, of rows that come from memory.
  const auto [rows, rank] = GENERATE(std::pair<Index, Index>{many, scores_of_many}, std::pair<Index, Index>{6001, 8});
  const Inputs<TestType> in(rows, rank, random);
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    std::vector<EigenMatrix<TestType>> one;
    for (const int count : {1, 2, 3}) {
      const UseThreads threads(count);
      const auto all = results(in);
      one = count == 1 ? all : one;
      for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(simd::name(level), count, i);
        CHECK((all[i] == one[i]));
      }
    }
    CHECK((one.back() == one.front()));  // nor does it matter whether matrices come one by one or as a batch
  }
}

TEMPLATE_TEST_CASE("the thread count changes sums over rows by rounding only, and dS not at all", "", float, double) {
  using M = EigenMatrix<TestType>;
  Random random(2);
  const Index n = many;
  const Index k = scores_of_many;
  const Inputs<TestType> in(n, k, random);
  // Each sum is within n eps of the sum of magnitudes, so that two of them are within twice that.
  const EigenMatrix<double> bound =
      2 * n * epsilon<TestType> * magnitudes<TestType>(in.s).transpose() * magnitudes<TestType>(in.w);
  const EigenMatrix<double> mean_bound = 2 * n * epsilon<TestType> * magnitudes<TestType>(in.w).colwise().sum();
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    M first_ds, first_db, first_dmu;
    for (const int count : {1, 2, 3}) {
      const UseThreads threads(count);
      M ds(n, k), db(k, d), dmu(1, d);
      reconstruct_backward<TestType>(in.w, in.s, in.b, ds, db, dmu);
      if (count == 1) {
        first_ds = ds;
        first_db = db;
        first_dmu = dmu;
      }
      CAPTURE(simd::name(level), count);
      CHECK((ds == first_ds));
      CHECK(within<TestType>(db, first_db, bound));
      CHECK(within<TestType>(dmu, first_dmu, mean_bound));
    }
  }
}
