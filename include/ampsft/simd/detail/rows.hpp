// SPDX-License-Identifier: MIT
/// @file
/// Rows of many matrices, spread over threads as if they were one.
#pragma once

#include <ampsft/core/parallel_for.hpp>

#include <algorithm>
#include <span>

namespace ampsft::simd::detail {

/// Calls `body(job, first, count)` for pieces of consecutive rows that cover all jobs, on all threads; `rows(job)` is
/// a job's row count, `work` the multiply-adds of a row.
template <class Job, class Rows, class Body>
void for_rows(std::span<const Job> jobs, Index work, Rows&& rows, Body&& body) {
  constexpr Index work_per_thread = Index{1} << 20;  // multiply-adds that outweigh the start of a thread
  Index total = 0;
  for (const Job& job : jobs) {
    total += rows(job);
  }
  parallel_for(total, work_per_thread / std::max<Index>(work, 1), [&](Index begin, Index end) {
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
