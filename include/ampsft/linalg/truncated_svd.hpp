// SPDX-License-Identifier: MIT
/// @file
/// Leading right singular vectors of a tall matrix, from its accumulated Gram matrix.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/gram.hpp>
#include <ampsft/linalg/orthonormalize.hpp>
#include <ampsft/linalg/row_block.hpp>
#include <ampsft/linalg/svd_options.hpp>
#include <ampsft/linalg/svd_result.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace ampsft {

namespace detail {

/// Makes the result from vectors by column in descending order, and values in the same order.
template <Scalar T, class Vectors, class Values>
TruncatedSvd<T> pack_svd(const Vectors& vectors, const Values& values, const GramAccumulator<T>& gram, bool centred) {
  Matrix<double> components = orthonormal_rows(make_matrix(vectors.transpose()));
  fix_signs(components);
  return {.components = make_matrix(map(components).template cast<T>()),
          .singular_values = make_matrix(values.transpose()),
          .mean = make_matrix(map(gram.mean()).topRows(centred ? 1 : 0).template cast<T>()),
          .raw_energy = gram.raw_energy(),
          .centred_energy = centred ? gram.centred_energy() : gram.raw_energy(),
          .count = gram.count(),
          .trusted = rows(components),
          .sum_of_fourth_powers = values.array().square().square().sum(),
          .risk = {}};
}

}  // namespace detail

/// Truncated SVD of the rows that an accumulator has seen, less their mean if `centred`.
///
/// All `d` singular values are returned; those beyond the rank of the rows are zero up to rounding. The Gram matrix
/// squares the condition: the relative error of `sigma_k` is about `1e-16 (sigma_1 / sigma_k)^2`. Throws unless
/// `1 <= rank <= d` and the rows are finite and at least one. Symmetric QR algorithm in double: about `9 d^3`
/// operations, `3 d^2` doubles.
template <Scalar T>
[[nodiscard]] TruncatedSvd<T> truncated_svd(const GramAccumulator<T>& gram, Index rank, bool centred = true) {
  detail::require_rank(rank, gram.width());
  require(gram.count() >= 1, "a singular value decomposition needs at least one row");
  require(std::isfinite(gram.raw_energy()), "the rows hold a NaN, an infinity or numbers too large to square");
  const Matrix<double> scatter = centred ? gram.scatter() : gram.second_moment();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(map(scatter));
  require(solver.info() == Eigen::Success, "the symmetric eigensolver did not converge at width ", gram.width());
  return detail::pack_svd(solver.eigenvectors().rowwise().reverse().leftCols(rank),
                          solver.eigenvalues().reverse().cwiseMax(0.0).cwiseSqrt(), gram, centred);
}

/// Truncated SVD of blocks of rows of one width, one above the other; a block may stand there twice.
///
/// Throws on no blocks or rows, on blocks of different widths, unless `1 <= rank <= d`, and on a NaN or an infinity
/// (the matrix and the row are named).
template <Scalar T>
[[nodiscard]] TruncatedSvd<T> truncated_svd(std::span<const RowBlock<T>> blocks, const SvdOptions& options) {
  require(!blocks.empty(), "a stack to decompose has no matrix in it");
  GramAccumulator<T> gram(blocks.front().cols());
  detail::require_rank(options.rank, gram.width());
  Matrix<T> buffer;
  constexpr Index chunk = 4096;
  for (const auto& block : blocks) {
    for (Index first = 0; first < block.rows(); first += chunk) {
      gram.add(block.read(first, std::min(chunk, block.rows() - first), buffer));
    }
  }
  return truncated_svd(gram, options.rank, options.centred);
}

}  // namespace ampsft
