// SPDX-License-Identifier: MIT
/// @file
/// Rows of many matrices, spread over threads as if they were one.
#pragma once

#include <ampsft/core/parallel_for.hpp>

#include <algorithm>
#include <span>

namespace ampsft::simd::detail {

/// Multiply-adds that outweigh the start of a thread.
inline constexpr Index work_per_thread = Index{1} << 20;

/// Rows of one block: a multiple of every tile's, few enough to stay in a core's cache between two readings.
inline constexpr Index block_rows = 48;

/// The smallest piece that is worth a thread, of a range whose elements take `work` multiply-adds each.
inline Index grain_of(Index work) noexcept {
  return work_per_thread / std::max<Index>(work, 1);
}

/// Calls `body(job, first, count)` for pieces of consecutive rows that cover all jobs, on all threads; `rows(job)` is
/// a job's row count, `work` the multiply-adds of a row.
template <class Job, class Rows, class Body>
void for_rows(std::span<const Job> jobs, Index work, Rows&& rows, Body&& body) {
  Index total = 0;
  for (const Job& job : jobs) {
    total += rows(job);
  }
  parallel_for(total, grain_of(work), [&](Index begin, Index end) {
    Index start = 0;
    for (const Job& job : jobs) {
      const Index first = std::clamp<Index>(begin - start, 0, rows(job));
      const Index last = std::clamp<Index>(end - start, 0, rows(job));
      if (first < last) {
        body(job, first, last - first);
      }
      start += rows(job);
    }
  });
}

}  // namespace ampsft::simd::detail
