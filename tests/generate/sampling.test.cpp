// SPDX-License-Identifier: MIT
#include <ampsft/generate/sampling.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"

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

TEST_CASE("all filters off, the draw is over all tokens in the order of their likelihood") {
  const std::vector<float> logits{0.5F, 3.0F, -1.0F, 2.0F, 0.5F};
  const std::vector<std::size_t> order{1, 3, 0, 4, 2};
  double sum = 0.0;
  for (const float logit : logits) {
    sum += std::exp(static_cast<double>(logit) - 3.0);
  }
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    double draw = Random(seed).uniform() * sum;
    std::size_t expected = 0;
    while (expected < 4 && (draw -= std::exp(static_cast<double>(logits[order[expected]]) - 3.0)) >= 0.0) {
      ++expected;
    }
    CHECK(sample_token<float>(logits, {.top_k = 5}, random) == static_cast<std::int32_t>(order[expected]));
  }
}

TEST_CASE("the repetition penalty divides positive logits and multiplies the others, once a token") {
  std::vector<double> logits{2.0, -2.0, 0.0, 3.0, -1.0};
  penalize_repetition<double>(logits, std::vector<std::int32_t>{0, 1, 0, 2}, 1.25);
  CHECK(logits == std::vector{1.6, -2.5, 0.0, 3.0, -1.0});
  penalize_repetition<double>(logits, std::vector<std::int32_t>{3}, 0.5);
  CHECK(logits[3] == 6.0);
  penalize_repetition<double>(logits, std::vector<std::int32_t>{3}, 1.0);
  CHECK(logits[3] == 6.0);
  CHECK_THROWS_WITH(penalize_repetition<double>(logits, std::vector<std::int32_t>{5}, 2.0), ContainsSubstring("5"));
  CHECK_THROWS_AS(SamplingOptions{.repetition_penalty = 0.0}.validate(), Error);
}
