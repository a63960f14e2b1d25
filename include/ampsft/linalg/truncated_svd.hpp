// SPDX-License-Identifier: MIT
/// @file
/// Leading right singular vectors of a stack of rows, by the algorithm that its shape asks for.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/gram.hpp>
#include <ampsft/linalg/row_block.hpp>
#include <ampsft/linalg/svd_options.hpp>
#include <ampsft/linalg/svd_result.hpp>

#include <functional>
#include <span>

namespace ampsft {

/// Truncated SVD of blocks of rows of one width, one above the other; a block may stand there twice.
///
/// Rows are read from where they are, a few at a time, as often as `TruncatedSvd::passes` says. The algorithm is chosen
/// by shape and tolerance unless `options.method` names one; docs/explanation/svd.md has costs and memory. Throws on no
/// blocks or rows, on blocks of different widths, unless `1 <= rank <= d`, on a NaN or an infinity (the matrix and the
/// row are named), and on values whose squares overflow. The thread count changes rounding only.
template <Scalar T>
[[nodiscard]] TruncatedSvd<T> truncated_svd(std::span<const RowBlock<T>> blocks, const SvdOptions& options);

/// Chooses how many components to take, 1 to `d`, when all `d` squares of the singular values are known (descending).
using ChooseRank = std::function<Index(std::span<const double> squares)>;

/// Truncated SVD of the rows that an accumulator has seen, less their mean if `options.centred`. `choose`, if given,
/// says how many components to take instead of `options.rank`; the matrix is decomposed once all the same.
///
/// The rows are gone, so there is only the Gram matrix: the error of `sigma_k` is about
/// `1e-15 sigma_1^2 / sigma_k`, and `method` must be automatic or gram. Squares below the smallest numbers are lost,
/// and the result says so as a risk. Throws unless `1 <= rank <= d`, and unless the rows are finite and at least one.
/// `O(d^3)` operations, `3 d^2` doubles.
template <Scalar T>
[[nodiscard]] TruncatedSvd<T> truncated_svd(const GramAccumulator<T>& gram, SvdOptions options,
                                            const ChooseRank& choose = nullptr);

template <Scalar T>
[[nodiscard]] TruncatedSvd<T> truncated_svd(const GramAccumulator<T>& gram, Index rank, bool centred = true) {
  return truncated_svd(gram, SvdOptions{.rank = rank, .centred = centred});
}

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/linalg/detail/truncated_svd_inl.hpp>
#endif
