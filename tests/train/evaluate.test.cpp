// SPDX-License-Identifier: MIT
#include <ampsft/train/evaluate.hpp>

#include <cmath>

#include "support/catch.hpp"
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
