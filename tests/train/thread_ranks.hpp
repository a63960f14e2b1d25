// SPDX-License-Identifier: MIT
/// @file
/// Ranks that are threads of the test: what MPI does, where there is none.
#pragma once

#include <ampsft/train/communicator.hpp>

#include <algorithm>
#include <barrier>
#include <exception>
#include <thread>
#include <vector>

namespace tiny {

/// Where the ranks meet.
struct Meeting {
  explicit Meeting(ampsft::Index count) : barrier(count), parts(static_cast<std::size_t>(count)) {}
  std::barrier<> barrier;
  std::vector<void*> parts;
};

/// One of the threads.
class ThreadRanks {
 public:
  ThreadRanks(Meeting& meeting, ampsft::Index rank) : meeting_(&meeting), rank_(rank) {}

  [[nodiscard]] ampsft::Index rank() const { return rank_; }
  [[nodiscard]] ampsft::Index size() const { return static_cast<ampsft::Index>(meeting_->parts.size()); }
  void sum(std::span<float> numbers) const { add(numbers); }
  void sum(std::span<double> numbers) const { add(numbers); }
  void broadcast(std::span<std::byte> bytes) const {
    from_first(bytes, [](std::byte*) {});
  }

 private:
  template <class T>
  void add(std::span<T> numbers) const {
    from_first(numbers, [&](T* first) {
      for (ampsft::Index rank = 1; rank < size(); ++rank) {
        const T* const other = static_cast<const T*>(meeting_->parts[static_cast<std::size_t>(rank)]);
        std::transform(first, first + numbers.size(), other, first, [](T a, T b) { return a + b; });
      }
    });
  }

  /// Rank 0 does its `work`, then all copy what it has.
  template <class T, class Work>
  void from_first(std::span<T> own, Work&& work) const {
    meeting_->parts[static_cast<std::size_t>(rank_)] = own.data();
    meeting_->barrier.arrive_and_wait();
    for (const void* part : meeting_->parts) {
      ampsft::require(part != nullptr, "another rank has ended");
    }
    T* const first = static_cast<T*>(meeting_->parts[0]);
    if (rank_ == 0) {
      work(first);
    }
    meeting_->barrier.arrive_and_wait();
    if (rank_ != 0) {
      std::copy_n(first, own.size(), own.data());
    }
    meeting_->barrier.arrive_and_wait();
  }

  Meeting* meeting_;
  ampsft::Index rank_;
};

/// Runs `body(ranks)` in `count` threads and returns what each threw, or null.
template <class Body>
std::vector<std::exception_ptr> on_ranks(ampsft::Index count, Body&& body) {
  Meeting meeting(count);
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(count));
  {
    std::vector<std::jthread> threads;
    for (ampsft::Index rank = 0; rank < count; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          body(ThreadRanks(meeting, rank));
        } catch (...) {
          thrown[static_cast<std::size_t>(rank)] = std::current_exception();
          meeting.parts[static_cast<std::size_t>(rank)] = nullptr;
          meeting.barrier.arrive_and_drop();
        }
      });
    }
  }
  return thrown;
}

}  // namespace tiny
