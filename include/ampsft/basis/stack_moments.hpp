// SPDX-License-Identifier: MIT
/// @file
/// The moments of a stack, accumulated in parts and merged: by chunks, by files, by processes.
#pragma once

#include <ampsft/basis/detail/chunk_reader.hpp>
#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/source.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/linalg/gram.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// Count, mean and scatter of the rows of some matrices of a stack, and which matrices they were.
template <Scalar T>
struct StackMoments {
  std::string stack;  ///< the stack's name
  GramAccumulator<T> gram;
  std::vector<SourceMatrix> matrices = {};
};

/// Reads a stack once in bounded memory; `on_rows`, if given, is told of rows that are done since it was last called.
///
/// Throws on an empty stack and on a NaN or an infinity (the matrix and row are named). Memory: that of a
/// `GramAccumulator` while it adds (at most `1.3 d^2` doubles, or 256 KiB beside `d^2`), and where rows must be
/// converted 64 KiB or 16 rows. Cost: `n d^2 / 2` multiply-adds in double. The number of threads changes no bit.
template <Scalar T>
[[nodiscard]] StackMoments<T> accumulate(const RowStack<T>& stack,
                                         const std::function<void(Index rows)>& on_rows = nullptr);

/// Joins moments of the same stack that were accumulated apart; the result is that of all matrices together, up to
/// rounding. Throws if the stacks differ by name or width, or a matrix is in both.
template <Scalar T>
void merge(StackMoments<T>& mode, const StackMoments<T>& other);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/stack_moments_inl.hpp>
#endif
