// SPDX-License-Identifier: MIT
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/evaluate.hpp>
#include <ampsft/train/generate.hpp>
#include <ampsft/train/trainer.hpp>

#include <array>
#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "train/tiny.hpp"

using namespace ampsft;

namespace {

/// How often each of four tokens is drawn in 20,000 draws.
std::array<double, 4> shares(const SamplingOptions& options) {
  const std::array<float, 4> logits{0.0F, std::log(2.0F), std::log(4.0F), std::log(1.0F)};
  Random random(4);
  std::array<double, 4> result{};
  for (int i = 0; i < 20000; ++i) {
    result[static_cast<std::size_t>(sample_token<float>(logits, options, random))] += 1.0 / 20000;
  }
  return result;
}

void check_shares(const std::array<double, 4>& actual, const std::array<double, 4>& expected) {
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(std::abs(actual[i] - expected[i]) < 0.015);  // four standard deviations
  }
}

}  // namespace

TEST_CASE("sampling draws with the softmax's probabilities after each filter") {
  check_shares(shares({}), {0.125, 0.25, 0.5, 0.125});
  check_shares(shares({.temperature = 0.5}), {1 / 22.0, 4 / 22.0, 16 / 22.0, 1 / 22.0});
  check_shares(shares({.top_k = 2}), {0, 1 / 3.0, 2 / 3.0, 0});
  check_shares(shares({.top_p = 0.6}), {0, 1 / 3.0, 2 / 3.0, 0});
  check_shares(shares({.top_p = 0.5}), {0, 0, 1, 0});
  check_shares(shares({.top_k = 3}), {1 / 7.0, 2 / 7.0, 4 / 7.0, 0});  // of equals the lower id stays
  check_shares(shares({.temperature = 0.0}), {0, 0, 1, 0});
}

TEST_CASE("sampling meets infinite logits and refuses what cannot be") {
  Random random(1);
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(sample_token<float>(std::array{-infinity, 0.0F, -infinity}, {}, random) == 1);
  CHECK(sample_token<float>(std::array{-infinity, infinity}, {}, random) == 1);
  CHECK_THROWS_AS(sample_token<float>(std::array{0.0F, std::nanf("")}, {}, random), Error);
  CHECK_THROWS_AS(sample_token<float>({}, {}, random), Error);
  CHECK_THROWS_AS(sample_token<float>(std::array{0.0F}, {.temperature = -1.0}, random), Error);
  CHECK_THROWS_AS(sample_token<float>(std::array{0.0F}, {.top_p = 0.0}, random), Error);
}

TEST_CASE("a model that learned a cycle continues it past its context") {
  Transformer<float> model(tiny::config(), 1);
  const auto text = tiny::text(200);
  Trainer trainer(model, AdamW<float>({.learning_rate = 2e-2}));
  trainer.fit(text, {.steps = 150});
  const auto& tokens = text.tokens();
  const auto written = generate(model, std::span(tokens).first(5), 20, {.temperature = 0.0});
  CHECK(written == std::vector<std::int32_t>(tokens.begin() + 5, tokens.begin() + 25));
  const auto drawn = generate(model, std::span(tokens).first(5), 20, {.seed = 3});
  CHECK(drawn == generate(model, std::span(tokens).first(5), 20, {.seed = 3}));
  CHECK_THROWS_AS(generate(model, std::span<const std::int32_t>(), 3), Error);
}

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
