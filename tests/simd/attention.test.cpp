// SPDX-License-Identifier: MIT
/// @file
/// Attention and its gradients against a naive twin in double, over random shapes, places, levels and thread counts.
#include <ampsft/simd/attention_gradient.hpp>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
struct Case {
  AttentionShape shape;
  Index queries, keys, width;
  double scale;
  std::vector<std::int32_t> first;
  Placed<T> q, k, v, dy;

  Case(const AttentionShape& of, Index n, Index m, Index h, double factor, double size, Random& random)
      : shape(of),
        queries(n),
        keys(m),
        width(h),
        scale(factor),
        q(of.sequences * n, of.heads * h, random, size),
        k(of.sequences * m, of.kv_heads * h, random, size),
        v(of.sequences * m, of.kv_heads * h, random),
        dy(of.sequences * n, of.heads * h, random) {}

  /// Of a place of a sequence.
  [[nodiscard]] Index first_of(Index sequence, Index place) const {
    return first.empty() ? 0 : first[static_cast<std::size_t>(sequence * keys + place)];
  }

  /// Result and gradients of q, k and v, in double.
  [[nodiscard]] std::vector<EigenMatrix<double>> naive() const {
    using Matrix = EigenMatrix<double>;
    Matrix y = Matrix::Zero(q.rows(), q.cols());
    Matrix dq = y;
    Matrix dk = Matrix::Zero(k.rows(), k.cols());
    Matrix dv = dk;
    for (Index unit = 0; unit < shape.sequences * shape.heads * queries; ++unit) {
      const Index query = unit % queries;
      const Index head = unit / queries % shape.heads;
      const Index sequence = unit / queries / shape.heads;
      const Index place = keys - queries + query;
      const Index row = sequence * queries + query;
      const Index left = head * width;
      const Index key_left = head / (shape.heads / shape.kv_heads) * width;
      std::vector<double> p;
      double most = -std::numeric_limits<double>::infinity();
      for (Index key = first_of(sequence, place); key <= place; ++key) {
        double score = 0.0;
        for (Index j = 0; j < width; ++j) {
          score += scale * q(row, left + j) * k(sequence * keys + key, key_left + j);
        }
        p.push_back(score);
        most = std::max(most, score);
      }
      double sum = 0.0;
      for (double& score : p) {
        sum += score = std::exp(score - most);
      }
      const Index start = sequence * keys + place + 1 - static_cast<Index>(p.size());
      double along = 0.0;
      std::vector<double> slope(p.size(), 0.0);
      for (std::size_t i = 0; i < p.size(); ++i) {
        p[i] /= sum;
        for (Index j = 0; j < width; ++j) {
          const Index key = start + static_cast<Index>(i);
          y(row, left + j) += p[i] * v(key, key_left + j);
          dv(key, key_left + j) += p[i] * dy(row, left + j);
          slope[i] += dy(row, left + j) * v(key, key_left + j);
        }
        along += p[i] * slope[i];
      }
      for (std::size_t i = 0; i < p.size(); ++i) {
        const double ds = p[i] * (slope[i] - along) * scale;
        for (Index j = 0; j < width; ++j) {
          const Index key = start + static_cast<Index>(i);
          dq(row, left + j) += ds * k(key, key_left + j);
          dk(key, key_left + j) += ds * q(row, left + j);
        }
      }
    }
    return {y, dq, dk, dv};
  }
};

/// Results of one call of each entry point, where they were put.
template <class T>
struct Results {
  Placed<T> y, dq, dk, dv;
  std::vector<T> log_sum;

  Results(Case<T>& c, WriteMode mode, Random& random)
      : y(c.q.rows(), c.q.cols(), random),
        dq(c.q.rows(), c.q.cols(), random),
        dk(c.k.rows(), c.k.cols(), random),
        dv(c.k.rows(), c.k.cols(), random),
        log_sum(static_cast<std::size_t>(c.q.rows() * c.shape.heads)) {
    attention<T>(c.q.view(), c.k.view(), c.v.view(), c.shape, c.scale, c.first, y.view(), log_sum);
    attention_gradient<T>(c.q.view(), c.k.view(), c.v.view(), c.shape, c.scale, c.first, y.view(), log_sum, c.dy.view(),
                          {dq.view(), mode, dk.view(), mode, dv.view(), mode});
  }

  /// The largest error against `exact`, by the size of what is right.
  [[nodiscard]] double error(const std::vector<EigenMatrix<double>>& exact, WriteMode mode) {
    double worst = 0.0;
    Placed<T>* const own[] = {&y, &dq, &dk, &dv};
    for (std::size_t which = 0; which < 4; ++which) {
      const double size = std::max(1.0, exact[which].cwiseAbs().maxCoeff());
      for (Index i = 0; i < exact[which].rows(); ++i) {
        for (Index j = 0; j < exact[which].cols(); ++j) {
          const double before = which > 0 && mode == WriteMode::add ? (*own[which])(i, j) : 0.0;
          const double off = std::abs((*own[which]).now(i, j) - before - exact[which](i, j)) / size;
          worst = off <= worst ? worst : std::isnan(off) ? 1e9 : off;
        }
      }
    }
    return worst;
  }

  [[nodiscard]] bool untouched_around() const {
    return y.untouched_around() && dq.untouched_around() && dk.untouched_around() && dv.untouched_around();
  }
};

}  // namespace

TEMPLATE_TEST_CASE("attention and its gradients equal their naive twins at any shape and level", "[attention]", float,
                   double) {
  using T = TestType;
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    const Index kv_heads = 1 + random.below(2);
    const AttentionShape shape{1 + random.below(2), kv_heads * (1 + random.below(3)), kv_heads};
    const Index width = round % 8 == 0 ? 60 + random.below(80) : 1 + random.below(36);
    const Index queries = round % 3 == 0 ? 1 + random.below(150) : 1 + random.below(60);
    const Index keys = queries + (round % 4 == 1 ? random.below(120) : 0);
    // Large scores in half of the cases: the maximum rises along a row.
    Case<T> task(shape, queries, keys, width, round % 2 == 0 ? 0.3 : 1.5, round % 2 == 0 ? 1.0 : 3.0, random);
    if (round % 5 == 2) {
      const Index length = 1 + random.below(keys);
      for (Index i = 0; i < shape.sequences * keys; ++i) {
        const Index place = i % keys;
        task.first.push_back(static_cast<std::int32_t>(place % 17 == 3 ? keys + 1 : place / length * length));
      }
    }
    const auto exact = task.naive();
    const WriteMode mode = round % 2 == 0 ? WriteMode::add : WriteMode::overwrite;
    for (const simd::Level level : simd::levels()) {
      for (const int threads : {1, 3}) {
        CAPTURE(round, queries, keys, width, shape.heads, kv_heads, threads, simd::name(level));
        const UseLevel use(level);
        const UseThreads use_threads(threads);
        Results<T> results(task, mode, random);
        CHECK(results.error(exact, mode) < (std::same_as<T, float> ? 1e-5 : 1e-13) * (round % 2 == 0 ? 3 : 60));
        CHECK(results.untouched_around());
      }
    }
  }
}

TEST_CASE("attention's gradients repeat bit for bit with the same threads, where these share heads", "[attention]") {
  Random random(2);
  Case<float> task({1, 3, 1}, 400, 400, 24, 0.2, 1.0, random);
  for (const int threads : {1, 2, 5}) {
    const UseThreads use(threads);
    Results<float> a(task, WriteMode::overwrite, random);
    Results<float> b(task, WriteMode::overwrite, random);
    CHECK(a.y.view() == b.y.view());
    CHECK(a.dq.view() == b.dq.view());
    CHECK(a.dk.view() == b.dk.view());
    CHECK(a.dv.view() == b.dv.view());
  }
}

TEST_CASE("what is no number in one sequence stays there", "[attention]") {
  Random random(3);
  for (const simd::Level level : simd::levels()) {
    CAPTURE(simd::name(level));
    const UseLevel use(level);
    Case<float> task({2, 1, 1}, 60, 60, 5, 0.4, 1.0, random);
    for (Index j = 0; j < 5; ++j) {
      task.k.put(50, j, std::numeric_limits<float>::quiet_NaN());
    }
    for (const int threads : {1, 2}) {
      const UseThreads use_threads(threads);
      Results<float> results(task, WriteMode::overwrite, random);
      CHECK(results.y.view().topRows(50).allFinite());
      CHECK_FALSE(results.y.view().row(50).allFinite());
      CHECK((results.y.view().bottomRows(60).allFinite() && results.dk.view().bottomRows(60).allFinite()));
      CHECK_FALSE(results.dk.view().topRows(60).allFinite());
    }
  }
}

TEST_CASE("attention leaves out gradients that are not wanted", "[attention]") {
  Random random(4);
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    Case<double> task({1, 2, 2}, 50, 50, 3, 0.5, 1.0, random);
    Results<double> all(task, WriteMode::overwrite, random);
    for (int which = 0; which < 3; ++which) {
      Placed<double> own(50, 6, random);
      AttentionGradients<double> to;
      (which == 0 ? to.dq : which == 1 ? to.dk : to.dv) = own.view();
      attention_gradient<double>(task.q.view(), task.k.view(), task.v.view(), task.shape, task.scale, {}, all.y.view(),
                                 all.log_sum, task.dy.view(), to);
      CHECK(own.view() == (which == 0 ? all.dq : which == 1 ? all.dk : all.dv).view());
    }
  }
}

TEST_CASE("attention refuses first places before the first key", "[attention]") {
  Random random(6);
  Case<float> task({2, 2, 1}, 4, 4, 3, 0.5, 1.0, random);
  Results<float> good(task, WriteMode::overwrite, random);
  for (const std::int32_t place : {-1, -96, -1000, std::numeric_limits<std::int32_t>::min()}) {
    std::vector<std::int32_t> first(8, 0);
    first[5] = place;
    const std::string message = "key 5 sees must be at least 0, not " + std::to_string(place);
    CHECK_THROWS_WITH(attention<float>(task.q.view(), task.k.view(), task.v.view(), task.shape, 1.0, first,
                                       good.y.view(), good.log_sum),
                      ContainsSubstring(message));
    CHECK_THROWS_WITH(attention_gradient<float>(task.q.view(), task.k.view(), task.v.view(), task.shape, 1.0, first,
                                                good.y.view(), good.log_sum, task.dy.view(), {}),
                      ContainsSubstring(message));
  }
}

TEST_CASE("attention refuses shapes that do not fit", "[attention]") {
  Random random(5);
  Case<float> task({1, 2, 1}, 4, 4, 3, 0.5, 1.0, random);
  Results<float> good(task, WriteMode::overwrite, random);
  const auto run = [&](const AttentionShape& shape, auto q, auto k, auto v, auto y, std::span<float> log_sum) {
    attention<float>(q, k, v, shape, 1.0, {}, y, log_sum);
  };
  const auto q = task.q.view();
  const auto k = task.k.view();
  const auto y = good.y.view();
  CHECK_THROWS_WITH(run({1, 2, 1}, q, q, q, y, good.log_sum), ContainsSubstring("4 x 6"));
  CHECK_THROWS_WITH(run({3, 2, 1}, q, k, k, y, good.log_sum), ContainsSubstring("3 sequences"));
  CHECK_THROWS_WITH(run({1, 2, 1}, q, k, k, k, good.log_sum), ContainsSubstring("4 x 3"));
  CHECK_THROWS_AS(run({1, 0, 1}, q, k, k, y, good.log_sum), Error);
  CHECK_THROWS_AS(run({1, 2, 1}, q, k, k, y, std::span(good.log_sum).first(3)), Error);
  const std::vector<std::int32_t> short_first(2);
  CHECK_THROWS_AS(attention<float>(q, k, k, {1, 2, 1}, 1.0, short_first, y, good.log_sum), Error);
  CHECK_THROWS_WITH(attention_gradient<float>(q, k, k, {1, 2, 1}, 1.0, {}, y, good.log_sum, q, {task.k.view()}),
                    ContainsSubstring("queries' gradient"));
  CHECK_THROWS_AS(attention_gradient<float>(q, k, k, {1, 2, 1}, 1.0, {}, k, good.log_sum, q, {}), Error);
}
