// SPDX-License-Identifier: MIT
/// @file
/// Attention of a text's newest tokens to kept keys and values: the last rows of attention to the whole text.
#include <ampsft/autograd/ops/cached_attention.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

TEMPLATE_TEST_CASE("attention to a cache gives the last rows of attention to the whole text", "[autograd]", float,
                   double) {
  using T = TestType;
  for (const Index length : {1, 9, 130}) {
    const Matrix<T> q = random_matrix<T>(length, 4 * 5, 1);
    const Matrix<T> k = random_matrix<T>(length, 2 * 5, 2);
    const Matrix<T> v = random_matrix<T>(length, 2 * 5, 3);
    for (const Index window : {0, 1, 2, 7, 64, 129, 130, 1000}) {
      for (const bool scaled : {false, true}) {
        AttentionOptions options{.kv_heads = 2, .window = window};
        if (scaled) {
          options.scale = 0.1;
        }
        Tape<T> tape(TapeMode::inference);
        const Matrix<T> whole =
            causal_attention(tape.constant(q), tape.constant(k), tape.constant(v), 1, 4, options).value();
        for (const Index newest : {Index{1}, length / 3, length / 2 + 1, length}) {
          CAPTURE(length, window, scaled, newest);
          const auto last = tape.constant(make_matrix(map(q).bottomRows(newest)));
          const Matrix<T> y = attention_to_cache(last, map(k), map(v), 4, options).value();
          CHECK(difference<T>(y, make_matrix(map(whole).bottomRows(newest))) < rounding<T>);
        }
      }
    }
  }
}

TEST_CASE("attention to a cache reads no row that its window does not reach", "[autograd]") {
  const Matrix<double> q = random_matrix<double>(3, 4, 1);
  Matrix<double> k = random_matrix<double>(20, 4, 2);
  const Matrix<double> v = k;
  Tape<double> tape(TapeMode::inference);
  const auto run = [&] {
    return attention_to_cache(tape.constant(q), map(std::as_const(k)), map(v), 2, {.window = 5}).value();
  };
  const Matrix<double> before = run();
  map(k).topRows(13).array() = std::numeric_limits<double>::quiet_NaN();  // the first query sees the keys 13 to 17
  const Matrix<double> same = run();
  CHECK(map(same) == map(before));
  map(k).row(13).array() = 1.0;
  const Matrix<double> after = run();
  CHECK(map(after).row(0) != map(before).row(0));
  CHECK(map(after).bottomRows(2) == map(before).bottomRows(2));
}

TEST_CASE("attention to a cache refuses what it cannot do", "[autograd]") {
  const Matrix<float> x = make_matrix<float>(6, 4, 0.0F);
  const Matrix<float> few = make_matrix<float>(5, 4, 0.0F);
  Tape<float> tape(TapeMode::inference);
  const auto q = tape.constant(x);
  CHECK_THROWS_WITH(attention_to_cache(q, map(few), map(few), 1), ContainsSubstring("5 keys"));
  CHECK_THROWS_WITH(attention_to_cache(q, map(x), map(few), 1), ContainsSubstring("5 values"));
  CHECK_THROWS_WITH(attention_to_cache(q, map(x), map(x), 3), ContainsSubstring("3 heads"));
  CHECK_THROWS_WITH(attention_to_cache(q, map(x), map(x), 1, {.window = -2}), ContainsSubstring("not -2"));
  const std::vector<std::int32_t> documents(6, 0);
  CHECK_THROWS_WITH(attention_to_cache(q, map(x), map(x), 1, {.documents = documents}), ContainsSubstring("documents"));
  Tape<float> training;
  CHECK_THROWS_WITH(attention_to_cache(training.constant(x), map(x), map(x), 1),
                    ContainsSubstring("tape of inference"));
}
