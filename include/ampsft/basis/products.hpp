// SPDX-License-Identifier: MIT
/// @file
/// The three products of a basis with many rows: reconstruct, extract, project.
///
/// Letters as in the paper: weights `W` `n x d`, components `B` `K x d` (orthonormal rows), mean `mu` `1 x d` or
/// without rows where there is none, scores `S` `n x K`. Outputs must not overlap inputs. Rows are spread over threads;
/// each result element is computed alike whatever the thread count. All throw if the shapes do not match.
#pragma once

#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/view.hpp>

#include <algorithm>

namespace ampsft {

namespace detail {

template <Scalar T>
void require_product_shapes(const ConstView<T>& scores, const ConstView<T>& components, const ConstView<T>& mean,
                            const ConstView<T>& weights) {
  const Index width = components.cols();
  require(weights.cols() == width, "the weights have rows of width ", weights.cols(), ", the basis of width ", width);
  require(scores.rows() == weights.rows() && scores.cols() == components.rows(), "the scores are ", scores.rows(),
          " x ", scores.cols(), ", expected ", weights.rows(), " x ", components.rows());
  require(mean.rows() == 0 || (mean.rows() == 1 && mean.cols() == width), "the mean is ", mean.rows(), " x ",
          mean.cols(), ", expected 1 x ", width, " or no rows");
}

/// Calls `body(first, count)` for blocks of rows that stay in the first-level cache, on all threads.
template <class Body>
void for_row_blocks(Index rows, const Index rank, const Index width, Body&& body) {
  constexpr Index block = 32;
  constexpr Index work_per_thread = Index{1} << 20;  // multiply-adds that outweigh the start of a thread
  const Index grain = work_per_thread / std::max<Index>(block * rank * width, 1);
  parallel_for((rows + block - 1) / block, grain, [&](Index begin, Index end) {
    for (Index first = begin * block; first < std::min(end * block, rows); first += block) {
      body(first, std::min(block, rows - first));
    }
  });
}

}  // namespace detail

/// `W = S B + mu`. Writes `n d` elements, `n d K` multiply-adds.
template <Scalar T>
void reconstruct(const ConstView<T>& scores, const ConstView<T>& components, const ConstView<T>& mean,
                 View<T> weights) {
  detail::require_product_shapes<T>(scores, components, mean, weights);
  detail::for_row_blocks(weights.rows(), components.rows(), components.cols(), [&](Index first, Index count) {
    auto block = weights.middleRows(first, count);
    block.noalias() = scores.middleRows(first, count) * components;
    if (mean.rows() == 1) {
      block.rowwise() += mean.row(0);
    }
  });
}

/// `S = (W - mu) B'`. Reads `n d` elements, `n d K` multiply-adds. The mean is taken away first, not `mu B'`
/// afterwards: that would cancel when the mean is large.
template <Scalar T>
void extract(const ConstView<T>& weights, const ConstView<T>& components, const ConstView<T>& mean, View<T> scores) {
  detail::require_product_shapes<T>(scores, components, mean, weights);
  detail::for_row_blocks(weights.rows(), components.rows(), components.cols(), [&](Index first, Index count) {
    EigenMatrix<T> block = weights.middleRows(first, count);
    if (mean.rows() == 1) {
      block.rowwise() -= mean.row(0);
    }
    scores.middleRows(first, count).noalias() = block * components.transpose();
  });
}

/// `dS = dW B'`: what a gradient of the weights is for the scores. Reads `n d` elements, `n d K` multiply-adds.
template <Scalar T>
void project(const ConstView<T>& gradient, const ConstView<T>& components, View<T> scores) {
  const EigenMatrix<T> no_mean(0, components.cols());
  detail::require_product_shapes<T>(scores, components, no_mean, gradient);
  detail::for_row_blocks(gradient.rows(), components.rows(), components.cols(), [&](Index first, Index count) {
    scores.middleRows(first, count).noalias() = gradient.middleRows(first, count) * components.transpose();
  });
}

}  // namespace ampsft
