// SPDX-License-Identifier: MIT
/// @file
/// Batches of packed rows: every row once an epoch, in an order that seed and place alone decide.
#include <ampsft/data/packed_dataset.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

/// Rows of two tokens, `2 i` and `2 i + 1`; every fourth has nothing to learn.
PackedRows rows(Index count) {
  PackedRows packed{.rows = count, .length = 2, .inputs = {}, .targets = {}, .documents = {}, .positions = {}};
  for (Index i = 0; i < count; ++i) {
    const auto first = static_cast<std::int32_t>(2 * i);
    packed.inputs.insert(packed.inputs.end(), {first, first + 1});
    packed.targets.insert(packed.targets.end(), {i % 4 == 3 ? ignored_target : first + 1, ignored_target});
    packed.documents.insert(packed.documents.end(), {0, -1});
    packed.positions.insert(packed.positions.end(), {0, 1});
  }
  return packed;
}

/// Which row each sequence of the batch is.
std::vector<Index> rows_of(const Batch& batch) {
  std::vector<Index> numbers;
  for (std::size_t i = 0; i < batch.inputs.size(); i += 2) {
    REQUIRE(batch.inputs[i + 1] == batch.inputs[i] + 1);
    numbers.push_back(batch.inputs[i] / 2);
  }
  REQUIRE(static_cast<Index>(numbers.size()) == batch.sequences);
  return numbers;
}

}  // namespace

TEST_CASE("windows are the rows with targets, in order, with documents and positions") {
  const PackedDataset data(rows(9));
  CHECK((data.length() == 2 && data.window_count() == 7));
  const Batch batch = data.window_batch(1, 3);
  CHECK(rows_of(batch) == std::vector<Index>{1, 2, 4});
  CHECK(batch.targets == std::vector<std::int32_t>{3, -1, 5, -1, 9, -1});
  CHECK(batch.documents == std::vector<std::int32_t>{0, -1, 0, -1, 0, -1});
  CHECK(batch.positions == std::vector<std::int32_t>{0, 1, 0, 1, 0, 1});
  CHECK_THROWS_WITH(data.window_batch(5, 3), ContainsSubstring("only 7"));
  CHECK_THROWS_AS(data.window_batch(0, 0), Error);
}

TEST_CASE("an epoch holds every row once, however it is cut into batches, and the next has another order") {
  const PackedDataset data(rows(40));
  const Index epoch = data.window_count();
  REQUIRE(epoch == 30);
  const auto walk = rows_of(data.shuffled_batch(3, 0, 4 * epoch));
  std::vector<Index> in_order(walk.begin(), walk.begin() + epoch);
  std::sort(in_order.begin(), in_order.end());
  CHECK(in_order == rows_of(data.window_batch(0, epoch)));
  CHECK_FALSE(std::equal(walk.begin(), walk.begin() + epoch, walk.begin() + epoch));
  CHECK_FALSE(std::is_sorted(walk.begin(), walk.begin() + epoch));
  for (Index first = 0; first + 7 <= 4 * epoch; first += 7) {  // some batches lie in two epochs
    CHECK(rows_of(data.shuffled_batch(3, first, 7)) ==
          std::vector<Index>(walk.begin() + first, walk.begin() + first + 7));
  }
  CHECK(rows_of(data.shuffled_batch(4, 0, epoch)) != rows_of(data.shuffled_batch(3, 0, epoch)));
  CHECK_THROWS_WITH(data.shuffled_batch(3, -1, 2), ContainsSubstring("-1"));
}

TEST_CASE("all orders of an epoch are about equally frequent") {
  const PackedDataset data(rows(3));
  std::map<std::vector<Index>, int> seen;
  for (std::uint64_t seed = 0; seed < 6000; ++seed) {
    ++seen[rows_of(data.shuffled_batch(seed, 3 * static_cast<Index>(seed % 5), 3))];
  }
  REQUIRE(seen.size() == 6);
  for (const auto& [order, times] : seen) {
    CHECK(std::abs(times - 1000) < 150);  // five standard deviations
  }
}

TEST_CASE("samples draw every row, and repeat with their generator") {
  const PackedDataset data(rows(4));
  Random one(7);
  Random two(7);
  const auto drawn = rows_of(data.sample(one, 100));
  CHECK(drawn == rows_of(data.sample(two, 100)));
  for (const Index row : {0, 1, 2}) {
    CHECK(std::count(drawn.begin(), drawn.end(), row) > 10);
  }
  CHECK(std::count(drawn.begin(), drawn.end(), 3) == 0);
}

TEST_CASE("rows without anything to learn are no data") {
  PackedRows packed = rows(2);
  packed.targets.assign(4, ignored_target);
  CHECK_THROWS_WITH(PackedDataset(packed), ContainsSubstring("nothing to learn"));
  CHECK_THROWS_AS(PackedDataset(PackedRows{}), Error);
}
