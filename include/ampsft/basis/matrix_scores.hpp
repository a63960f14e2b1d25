// SPDX-License-Identifier: MIT
/// @file
/// The scores of one matrix, what they explain of it, and what they miss, in one reading of its rows.
#pragma once

#include <ampsft/basis/explained.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/simd/project.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace ampsft {

/// What one reading of a matrix (`n x d`) over a basis (`K x d`) gives.
template <Scalar T>
struct MatrixScores {
  std::string name;
  Matrix<T> scores;        ///< `n x K`: `(W - mu) B'`
  Matrix<T> residuals;     ///< `1 x n`: the norm of what the basis misses of each row
  Explained explained;     ///< energies, R2 at every rank up to `K`
  std::uint64_t hash = 0;  ///< of the rows' values as `T`, however they are stored
};

namespace detail {

/// Rows that are read at a time: some 2 MiB of floats, which stay in the second-level cache. It decides how sums are
/// cut and hashes are made, so it depends on the width alone.
[[nodiscard]] constexpr Index chunk_rows(Index width) noexcept {
  return std::clamp<Index>((Index{1} << 19) / std::max<Index>(width, 1), 16, 1024);
}

[[nodiscard]] constexpr Index chunk_count(Index rows, Index width) noexcept {
  return (rows + chunk_rows(width) - 1) / chunk_rows(width);
}

/// The hash of a matrix from those of its chunks, in order.
[[nodiscard]] AMPSFT_HEADER_INLINE std::uint64_t join_hashes(std::span<const std::uint64_t> hashes) noexcept;

/// The hash of some contiguous or strided rows.
template <Scalar T>
[[nodiscard]] std::uint64_t hash_rows(const ConstStridedMap<T>& rows) noexcept;

/// Squares of a row's norm below this have lost digits in `T`.
template <Scalar T>
inline constexpr double least_square = static_cast<double>(std::numeric_limits<T>::min() /
                                                           std::numeric_limits<T>::epsilon());

/// The scores of one row, taken in double; returns the square of its residual.
template <Scalar T, class Row>
[[nodiscard]] double score_in_double(const Row& row, const UniversalBasis<T>& basis, T* scores) {
  const Eigen::RowVectorXd centred = row.template cast<double>() - map(basis.mean()).row(0).template cast<double>();
  const Eigen::RowVectorXd wide = centred * map(basis.components()).template cast<double>().transpose();
  Eigen::Map<Eigen::Matrix<T, 1, Eigen::Dynamic>> kept(scores, basis.rank());
  kept = wide.template cast<T>();
  return centred.squaredNorm() - wide.squaredNorm();
}

}  // namespace detail

/// Reads the rows of a matrix once, chunk by chunk over all threads; the result does not depend on the thread count.
///
/// Throws unless the widths agree, on a NaN or an infinity (the matrix and row are named), and on numbers too large to
/// square in double or to be a score. Energies are summed in double; residuals are good to rounding of the row's own
/// norm, also where `T` cannot hold its square. Cost: `n d K` multiply-adds; memory: the result and
/// one chunk a thread. Source: paper 72, "How It Works", step 4.
template <Scalar T>
[[nodiscard]] MatrixScores<T> score_matrix(const RowBlock<T>& block, const UniversalBasis<T>& basis);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/matrix_scores_inl.hpp>
#endif
