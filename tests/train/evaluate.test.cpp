// SPDX-License-Identifier: MIT
#include <ampsft/train/evaluate.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <vector>

#include "support/catch.hpp"
#include "train/thread_ranks.hpp"
#include "train/tiny.hpp"

using namespace ampsft;

TEST_CASE("evaluation is the mean over all windows, whatever the batch") {
  Transformer<double> model(tiny::config(), 1);
  const auto text = tiny::text(80);
  const auto one = evaluate(model, text, {.sequences = 1});
  const auto many = evaluate(model, text, {.sequences = 5});
  CHECK(one.tokens == text.window_count() * 6);
  CHECK(many.tokens == one.tokens);
  CHECK(many.loss == Approx(one.loss).epsilon(1e-12));
  CHECK(evaluate(model, text, {.max_windows = 2}).tokens == 12);
  CHECK(one.perplexity() == Approx(std::exp(one.loss)));
  Tape<double> recording;
  CHECK_THROWS_AS(evaluate(model, text, {}, recording), Error);
}

TEST_CASE("a callback ends an evaluation after its batch, on all ranks") {
  Transformer<double> model(tiny::config(), 1);
  const auto text = tiny::text(80);  // 13 windows
  for (const int last : {1, 3, 7}) {
    int batches = 0;
    const EvaluateOptions options{.sequences = 2, .on_batch = [&](Index, Index) { return ++batches != last; }};
    const auto part = evaluate(model, text, options);
    CHECK(batches == last);
    CHECK(part.stopped == (last < 7));  // the seventh is the last in any case
    CHECK(part.tokens == std::min(2 * last, 13) * 6);
  }
  CHECK_FALSE(evaluate(model, text).stopped);

  bool stopped[2] = {};
  const auto thrown = tiny::on_ranks(2, [&](const tiny::ThreadRanks& ranks) {
    Transformer<double> own(tiny::config(), 1);
    Tape<double> tape(TapeMode::inference);
    const EvaluateOptions options{.sequences = 2, .on_batch = [&](Index, Index) { return ranks.rank() == 0; }};
    stopped[ranks.rank()] = evaluate(own, text, options, tape, ranks).stopped;
  });
  CHECK(thrown == std::vector<std::exception_ptr>(2));
  CHECK(stopped[0]);
  CHECK(stopped[1]);
}
