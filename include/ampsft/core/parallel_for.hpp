// SPDX-License-Identifier: MIT
/// @file
/// Splits an index range over threads: OpenMP where the program is built with it, else `std::thread`.
#pragma once

#include <ampsft/core/compat/openmp.hpp>
#include <ampsft/core/detail/cpu_quota.hpp>
#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace ampsft {

namespace detail {

inline std::atomic<int>& thread_limit() noexcept {
  static std::atomic<int> limit{0};  // 0: whatever the system offers
  return limit;
}

/// `threads`, but no more than the control group of the process has processors for, where nobody chose them.
[[nodiscard]] inline int within_quota(int threads) noexcept {
  static const int quota = [] {
    try {
      return cpu_quota();
    } catch (...) {  // nothing that can be read
      return 0;
    }
  }();
  return quota > 0 ? std::min(threads, quota) : threads;
}

inline thread_local bool inside_parallel_for = false;

/// The exception of the earliest piece that had one; takes no memory from the heap.
class FirstError {
 public:
  void add(Index piece, std::exception_ptr error) noexcept {
    const std::lock_guard lock(mutex_);
    if (!error_ || piece < piece_) {
      piece_ = piece;
      error_ = std::move(error);
    }
  }

  void rethrow() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }

 private:
  std::mutex mutex_;
  Index piece_ = 0;
  std::exception_ptr error_;
};

}  // namespace detail

/// Limits the parallel regions that the program starts from now on, in whatever thread, and Eigen's products to `count`
/// threads; 0 restores the default: OMP_NUM_THREADS, else all cores, or as many as the container may use. Throws
/// `Error` for a negative count.
inline void set_thread_count(int count) {
  require(count >= 0, "the thread count must be at least 0 (0: all cores), not ", count);
  detail::thread_limit() = count;
#if defined(_OPENMP)
  static const int all = omp_get_max_threads();
  omp_set_num_threads(count > 0 ? count : detail::within_quota(all));  // for a BLAS
#endif
  Eigen::setNbThreads(count);
}

/// Threads that a parallel region started here would use; 1 inside of one.
[[nodiscard]] inline int thread_count() noexcept {
  if (detail::inside_parallel_for) {
    return 1;
  }
  const int limit = detail::thread_limit().load(std::memory_order_relaxed);
#if defined(_OPENMP)
  if (omp_in_parallel() != 0) {
    return 1;
  }
  const int offered = omp_get_max_threads();
  const bool chosen = offered != omp_get_num_procs();  // by OMP_NUM_THREADS, or by the program
  return limit > 0 ? limit : chosen ? offered : detail::within_quota(offered);
#else
  return limit > 0 ? limit : detail::within_quota(std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
#endif
}

/// Calls `body(begin, end)` for consecutive, disjoint pieces that cover `[0, count)`, one piece a thread.
///
/// The pieces depend on `count`, `grain` and the thread count alone, so that a run repeats bit for bit. No piece is
/// smaller than `grain` (at least 1), except the only one. Nested calls run serially. The first exception of a body
/// is thrown again here.
template <class Body>
void parallel_for(Index count, Index grain, Body&& body) {
  if (count <= 0) {
    return;
  }
  const Index most = count / std::max<Index>(grain, 1);
  const Index pieces = most <= 1 ? 1 : std::min<Index>(most, thread_count());  // asking costs as much as a small body
  if (pieces == 1) {
    body(Index{0}, count);
    return;
  }
  detail::FirstError first_error;
  const auto run = [&](Index piece) {
    detail::inside_parallel_for = true;
    try {
      body(count * piece / pieces, count * (piece + 1) / pieces);
    } catch (...) {
      first_error.add(piece, std::current_exception());
    }
    detail::inside_parallel_for = false;
  };
#if defined(_OPENMP)
#pragma omp parallel for schedule(static, 1) num_threads(static_cast <int>(pieces))
  for (Index piece = 0; piece < pieces; ++piece) {
    run(piece);
  }
#else
  {
    std::vector<std::jthread> workers;
    workers.reserve(static_cast<std::size_t>(pieces - 1));
    for (Index piece = 1; piece < pieces; ++piece) {
      workers.emplace_back(run, piece);
    }
    run(0);
  }
#endif
  first_error.rethrow();
}

}  // namespace ampsft
