// SPDX-License-Identifier: MIT
/// @file
/// Checks windows of tokens and their shifted targets.

#include <ampsft/data/token_stream.hpp>

#include <numeric>
#include <set>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

std::vector<std::int32_t> counting(std::size_t size) {
  std::vector<std::int32_t> tokens(size);
  std::iota(tokens.begin(), tokens.end(), 0);
  return tokens;
}

}  // namespace

TEST_CASE("samples are windows of the text with targets shifted by one") {
  const TokenStream stream(counting(10), 4);
  Random random(41);
  std::set<std::int32_t> starts;
  for (int i = 0; i < 200; ++i) {
    const Batch batch = stream.sample(random, 3);
    REQUIRE(batch.sequences == 3);
    REQUIRE(batch.length == 4);
    REQUIRE(batch.inputs.size() == 12);
    REQUIRE(batch.targets.size() == 12);
    for (std::size_t k = 0; k < 12; ++k) {
      REQUIRE(batch.inputs[k] == batch.inputs[k / 4 * 4] + static_cast<std::int32_t>(k % 4));
      REQUIRE(batch.targets[k] == batch.inputs[k] + 1);
    }
    starts.insert({batch.inputs[0], batch.inputs[4], batch.inputs[8]});
  }
  CHECK(starts == std::set<std::int32_t>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("the same seed gives the same batches") {
  const TokenStream stream(counting(1000), 8);
  Random first(43);
  Random second(43);
  CHECK(stream.sample(first, 5).inputs == stream.sample(second, 5).inputs);
}

TEST_CASE("windows follow each other and the incomplete last one is dropped") {
  const TokenStream stream(counting(12), 4);
  CHECK(stream.window_count() == 2);  // the third would have no last target
  CHECK(TokenStream(counting(13), 4).window_count() == 3);
  const Batch batch = stream.window_batch(0, 2);
  CHECK(batch.inputs == counting(8));
  CHECK(batch.targets == std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(stream.window_batch(1, 1).inputs == std::vector<std::int32_t>{4, 5, 6, 7});
}

TEST_CASE("windows that do not exist are errors") {
  const TokenStream stream(counting(12), 4);
  CHECK_THROWS_WITH(stream.window_batch(1, 2), ContainsSubstring("there are only 2"));
  CHECK_THROWS_AS(stream.window_batch(-1, 1), Error);
  CHECK_THROWS_AS(stream.window_batch(0, 0), Error);
  Random random(1);
  CHECK_THROWS_AS(stream.sample(random, 0), Error);
}

TEST_CASE("a text shorter than a window and its last target is an error with both sizes") {
  CHECK_NOTHROW(TokenStream(counting(5), 4));
  CHECK_THROWS_WITH(TokenStream(counting(4), 4), ContainsSubstring("has 4 tokens, too few for one window of 4"));
  CHECK_THROWS_AS(TokenStream({}, 1), Error);
  CHECK_THROWS_AS(TokenStream(counting(4), 0), Error);
}
