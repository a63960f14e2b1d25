// SPDX-License-Identifier: MIT
/// @file
/// How many decompositions share the threads.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/linalg/batched_svd.hpp>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

namespace ampsft {

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

template <Scalar T>
std::vector<TruncatedSvd<T>> batched_svd(const std::vector<SvdJob<T>>& jobs) {
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
