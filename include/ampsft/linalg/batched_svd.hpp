// SPDX-License-Identifier: MIT
/// @file
/// Truncated SVDs of many stacks of rows in one call, spread over threads.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/linalg/truncated_svd.hpp>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <span>
#include <vector>

namespace ampsft {

/// One stack of rows to decompose: blocks of the same width, one above the other; a block may stand in it twice.
template <Scalar T>
struct SvdJob {
  std::vector<RowBlock<T>> blocks;  ///< each `n_i x d`; their memory must outlive the call
  SvdOptions options;
};

/// The truncated SVD of one stack; see `truncated_svd`.
template <Scalar T>
[[nodiscard]] TruncatedSvd<T> stacked_svd(const SvdJob<T>& job) {
  return truncated_svd(std::span<const RowBlock<T>>(job.blocks), job.options);
}

namespace detail {

/// Multiply-adds that a stack takes, roughly: products of the rows with each other, and the eigensolver.
template <Scalar T>
double svd_cost(const SvdJob<T>& job) {
  double rows = 0.0;
  for (const auto& block : job.blocks) {
    rows += static_cast<double>(block.rows());
  }
  const double width = job.blocks.empty() ? 0.0 : static_cast<double>(job.blocks.front().cols());
  const double less = std::min(rows, width);
  return rows * width * less + 10.0 * less * less * less;
}

}  // namespace detail

/// The truncated SVDs of many stacks, in their order; each equals `stacked_svd` of that stack up to rounding.
///
/// A stack that costs more than one thread's share of what is left is spread over all threads by rows; the others are
/// tasks, the largest first. Throws what a failing stack throws. Memory: that of one stack a thread.
template <Scalar T>
[[nodiscard]] std::vector<TruncatedSvd<T>> batched_svd(const std::vector<SvdJob<T>>& jobs) {
  std::vector<double> costs(jobs.size());
  std::transform(jobs.begin(), jobs.end(), costs.begin(), detail::svd_cost<T>);
  std::vector<std::size_t> order(jobs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });

  std::vector<TruncatedSvd<T>> results(jobs.size());
  const int threads = thread_count();
  double left = std::accumulate(costs.begin(), costs.end(), 0.0);
  std::size_t begin = 0;
  for (; begin < order.size() && costs[order[begin]] * threads > left; ++begin) {
    results[order[begin]] = stacked_svd(jobs[order[begin]]);
    left -= costs[order[begin]];
  }
  std::atomic<std::size_t> next{begin};
  parallel_for(threads, 1, [&](Index, Index) {
    for (std::size_t task = next++; task < order.size(); task = next++) {
      results[order[task]] = stacked_svd(jobs[order[task]]);
    }
  });
  return results;
}

AMPSFT_INSTANCE(std::vector<TruncatedSvd<float>> batched_svd(const std::vector<SvdJob<float>>&));
AMPSFT_INSTANCE(std::vector<TruncatedSvd<double>> batched_svd(const std::vector<SvdJob<double>>&));

}  // namespace ampsft
