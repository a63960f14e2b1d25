// SPDX-License-Identifier: MIT
#include <ampsft/train/shard.hpp>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("shards are the batch, in order, with the targets that count") {
  Batch batch{.inputs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
              .targets = {2, -1, -1, 5, 6, 7, -1, -1, -1, -1, -1, -1},
              .sequences = 6,
              .length = 2};
  const Index counted[] = {2, 2, 0};
  for (const bool packed : {false, true}) {
    if (packed) {
      batch.documents = batch.positions = batch.inputs;
    }
    for (Index rank = 0; rank < 3; ++rank) {
      const Shard shard = shard_of(batch, rank, 3);
      CHECK(shard.tokens.sequences == 2);
      REQUIRE(shard.tokens.tokens.size() == 4);
      REQUIRE(shard.tokens.targets.size() == 4);
      CHECK(shard.tokens.tokens.data() == batch.inputs.data() + 4 * rank);
      CHECK(shard.tokens.targets.data() == batch.targets.data() + 4 * rank);
      REQUIRE(shard.tokens.documents.size() == (packed ? 4 : 0));
      REQUIRE(shard.tokens.positions.size() == (packed ? 4 : 0));
      CHECK((!packed || shard.tokens.documents.data() == batch.documents.data() + 4 * rank));
      CHECK((!packed || shard.tokens.positions.data() == batch.positions.data() + 4 * rank));
      CHECK(shard.counted == counted[rank]);
    }
  }
  const Shard all = shard_of(batch, 0, 1);
  CHECK(all.tokens.tokens.size() == 12);
  CHECK(all.counted == 4);
}

TEST_CASE("a batch without equal parts is refused") {
  const Batch batch{.inputs = {1, 2, 3}, .targets = {-1, -1, -1}, .sequences = 3, .length = 1};
  CHECK_THROWS_WITH(shard_of(batch, 0, 2), ContainsSubstring("3 sequences") && ContainsSubstring("rank 0 of 2"));
  CHECK_THROWS_AS(shard_of(batch, 3, 3), Error);
}
