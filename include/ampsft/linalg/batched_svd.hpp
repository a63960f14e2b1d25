// SPDX-License-Identifier: MIT
/// @file
/// Truncated SVDs of many stacks of rows in one call, spread over threads.
#pragma once

#include <ampsft/linalg/truncated_svd.hpp>

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

/// The truncated SVDs of many stacks, in their order; each equals `stacked_svd` of that stack up to rounding.
///
/// A stack that costs more than one thread's share of what is left is spread over all threads by rows; the others are
/// tasks, the largest first. Throws what a failing stack throws. Memory: that of one stack a thread.
template <Scalar T>
[[nodiscard]] std::vector<TruncatedSvd<T>> batched_svd(const std::vector<SvdJob<T>>& jobs);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/linalg/detail/batched_svd_inl.hpp>
#endif
