// SPDX-License-Identifier: MIT
/// @file
/// The pieces of a parallel loop, its errors and its nesting.
#include <ampsft/core/parallel_for.hpp>

#include <atomic>
#include <mutex>
#include <utility>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

/// Restores the default when a test ends.
struct ThreadCount {
  explicit ThreadCount(int count) { set_thread_count(count); }
  ~ThreadCount() { set_thread_count(0); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
};

using Pieces = std::vector<std::pair<Index, Index>>;

Pieces pieces_of(Index count, Index grain) {
  Pieces pieces;
  std::mutex mutex;
  parallel_for(count, grain, [&](Index begin, Index end) {
    const std::lock_guard lock(mutex);
    pieces.emplace_back(begin, end);
  });
  std::sort(pieces.begin(), pieces.end());
  return pieces;
}

}  // namespace

TEST_CASE("pieces are disjoint, cover the range and keep to the grain", "[core]") {
  for (const int threads : {1, 2, 3, 7}) {
    const ThreadCount limit(threads);
    for (const Index count : {0, 1, 2, 5, 16, 63, 64, 65, 1000}) {
      for (const Index grain : {-3, 0, 1, 4, 64, 5000}) {
        const Pieces pieces = pieces_of(count, grain);
        INFO(threads << " threads, " << count << " elements, grain " << grain);
        CHECK(pieces.empty() == (count == 0));
        CHECK(pieces.size() <= static_cast<std::size_t>(threads));
        Index next = 0;
        for (const auto& [begin, end] : pieces) {
          CHECK(begin == next);
          CHECK(begin < end);
          CHECK((pieces.size() == 1 || end - begin >= grain));
          next = end;
        }
        CHECK(next == count);
        CHECK(pieces_of(count, grain) == pieces);  // the same every time
      }
    }
  }
}

TEST_CASE("enough work is spread over all threads", "[core]") {
  const ThreadCount limit(3);
  CHECK(thread_count() == 3);
  CHECK(pieces_of(300, 1) == Pieces{{0, 100}, {100, 200}, {200, 300}});
}

TEST_CASE("nested loops run serially", "[core]") {
  const ThreadCount limit(3);
  std::atomic<int> inner_calls = 0;
  std::atomic<int> inner_threads = 0;
  parallel_for(3, 1, [&](Index, Index) {
    inner_threads += thread_count();
    parallel_for(1000, 1, [&](Index begin, Index end) { inner_calls += begin == 0 && end == 1000 ? 1 : 100; });
  });
  CHECK(inner_calls == 3);
  CHECK(inner_threads == 3);
  CHECK(thread_count() == 3);  // and the mark is taken back
}

TEST_CASE("the first exception is thrown again and the next loop works", "[core]") {
  for (const int threads : {1, 4}) {
    const ThreadCount limit(threads);
    CHECK_THROWS_WITH(parallel_for(8, 1,
                                   [](Index begin, Index end) {
                                     if (end == 8) {
                                       fail("piece with ", begin < 8 ? "the end" : "");
                                     }
                                   }),
                      "piece with the end");
    CHECK_THROWS_WITH(parallel_for(8, 1, [](Index begin, Index) { fail("from ", begin); }), "from 0");
    CHECK(thread_count() == threads);
    CHECK(pieces_of(8, 1).size() == static_cast<std::size_t>(threads));
  }
}

TEST_CASE("the thread count is checked", "[core]") {
  CHECK_THROWS_WITH(set_thread_count(-1), ContainsSubstring("-1"));
  set_thread_count(0);
  CHECK(thread_count() >= 1);
}
