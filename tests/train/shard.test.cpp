// SPDX-License-Identifier: MIT
#include <ampsft/train/shard.hpp>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("shards are the batch, in order, weighted by the targets that count") {
  const Batch batch{.inputs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                    .targets = {2, -1, -1, 5, 6, 7, -1, -1, -1, -1, -1, -1},
                    .sequences = 6,
                    .length = 2};
  const double weights[] = {0.5, 0.5, 0.0};
  for (Index rank = 0; rank < 3; ++rank) {
    const Shard shard = shard_of(batch, rank, 3);
    CHECK(shard.sequences == 2);
    REQUIRE(shard.inputs.size() == 4);
    REQUIRE(shard.targets.size() == 4);
    CHECK(shard.inputs.data() == batch.inputs.data() + 4 * rank);
    CHECK(shard.targets.data() == batch.targets.data() + 4 * rank);
    CHECK(shard.weight == weights[rank]);
  }
  const Shard all = shard_of(batch, 0, 1);
  CHECK(all.inputs.size() == 12);
  CHECK(all.weight == 1.0);
}

TEST_CASE("a batch without equal parts, or with nothing to learn, is refused") {
  Batch batch{.inputs = {1, 2, 3}, .targets = {-1, -1, -1}, .sequences = 3, .length = 1};
  CHECK_THROWS_WITH(shard_of(batch, 0, 2), ContainsSubstring("3 sequences") && ContainsSubstring("rank 0 of 2"));
  CHECK_THROWS_AS(shard_of(batch, 3, 3), Error);
  CHECK_THROWS_WITH(shard_of(batch, 1, 3), ContainsSubstring("ignored"));
}
