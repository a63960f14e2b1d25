// SPDX-License-Identifier: MIT
/// @file
/// Packed rows: every token once, shifted targets, boundaries between documents.
#include <ampsft/core/random.hpp>
#include <ampsft/data/packing.hpp>

#include <algorithm>
#include <map>
#include <span>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;
using Ids = std::vector<std::int32_t>;

namespace {

EncodedRecord record(const Ids& ids, const std::vector<bool>& learned) {
  return {ids, learned, 1};
}

EncodedRecord numbered(std::int32_t first, std::size_t size) {
  EncodedRecord made;
  for (std::size_t i = 0; i < size; ++i) {
    made.ids.push_back(first + static_cast<std::int32_t>(i));
    made.learned.push_back(i > 0);
  }
  return made;
}

}  // namespace

TEST_CASE("two short records share a row, a third begins another") {
  const std::vector<EncodedRecord> records{record({1, 2, 3}, {false, false, true}), record({4, 5}, {false, true}),
                                           record({6, 7}, {false, true})};
  const PackedRows packed = pack_records(records, 5, 9);
  CHECK((packed.rows == 2 && packed.length == 5));
  CHECK(packed.inputs == Ids{1, 2, 3, 4, 5, 6, 7, 9, 9, 9});
  CHECK(packed.targets == Ids{-1, 3, -1, 5, -1, 7, -1, -1, -1, -1});
  CHECK(packed.documents == Ids{0, 0, 0, 1, 1, 0, 0, -1, -1, -1});
  CHECK(packed.positions == Ids{0, 1, 2, 0, 1, 0, 1, 0, 0, 0});
  CHECK(packed.filled() == Approx(0.7));

  const TokenBatch batch = packed.batch(1, 1);
  CHECK((batch.sequences == 1 && batch.length() == 5));
  const auto same = [](std::span<const std::int32_t> part, const Ids& ids) {
    return std::equal(part.begin(), part.end(), ids.begin(), ids.end());
  };
  CHECK(same(batch.tokens, {6, 7, 9, 9, 9}));
  CHECK(same(batch.targets, {7, -1, -1, -1, -1}));
  CHECK(same(batch.documents, {0, 0, -1, -1, -1}));
  CHECK(same(batch.positions, {0, 1, 0, 0, 0}));
  CHECK_THROWS_WITH(packed.batch(1, 2), ContainsSubstring("among 2"));
}

TEST_CASE("a record longer than a row comes in pieces that lose no target") {
  const std::vector<EncodedRecord> records{numbered(10, 7)};
  const PackedRows packed = pack_records(records, 3);
  CHECK(packed.rows == 3);
  CHECK(packed.inputs == Ids{10, 11, 12, 13, 14, 15, 16, 0, 0});
  CHECK(packed.targets == Ids{11, 12, 13, 14, 15, 16, -1, -1, -1});
  CHECK(packed.positions == Ids{0, 1, 2, 0, 1, 2, 0, 0, 0});
}

TEST_CASE("random records: every token stands once, rows are nearly as few as can be") {
  Random random(8);
  for (const Index length : {2, 16, 100}) {
    std::vector<EncodedRecord> records;
    std::size_t tokens = 0;
    for (int i = 0; i < 300; ++i) {
      const auto size = static_cast<std::size_t>(1 + random.below(40));
      records.push_back(numbered(1000 * (i + 1), size));
      tokens += size;
    }
    const PackedRows packed = pack_records(records, length);
    const auto room = static_cast<std::size_t>(packed.rows * length);
    REQUIRE(packed.inputs.size() == room);
    if (length == 100) {  // longer than any record, so that the fewest rows possible are about tokens / length
      CHECK(packed.rows <= static_cast<Index>(tokens) * 11 / 9 / length + 2);
    }
    std::map<std::int32_t, int> seen;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < room; ++i) {
      if (packed.documents[i] < 0) {
        continue;
      }
      ++seen[packed.inputs[i]];
      const bool continues =
          i > 0 && i % static_cast<std::size_t>(length) != 0 && packed.documents[i - 1] == packed.documents[i];
      wrong += continues && (packed.inputs[i] != packed.inputs[i - 1] + 1 ||
                             packed.positions[i] != packed.positions[i - 1] + 1)
                   ? 1
                   : 0;
      const auto& source = records[static_cast<std::size_t>(packed.inputs[i] / 1000 - 1)];
      const bool last = packed.inputs[i] == source.ids.back();
      wrong += packed.targets[i] != (last ? ignored_target : packed.inputs[i] + 1) ? 1 : 0;
    }
    CHECK(wrong == 0);
    CHECK(seen.size() == tokens);
  }
}

TEST_CASE("packing nothing gives no rows, and a row must have room") {
  CHECK(pack_records({}, 4).rows == 0);
  CHECK(pack_records({}, 4).filled() == 0.0);
  CHECK_THROWS_WITH(pack_records({}, 1), ContainsSubstring("2 tokens"));
}
