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
[[nodiscard]] inline std::uint64_t join_hashes(std::span<const std::uint64_t> hashes) noexcept {
  Checksum checksum;
  checksum.update(std::as_bytes(hashes));
  return checksum.value();
}

/// The hash of some contiguous or strided rows.
template <Scalar T>
[[nodiscard]] std::uint64_t hash_rows(const ConstStridedMap<T>& rows) noexcept {
  Checksum checksum;
  for (Index row = 0; row < rows.rows(); ++row) {
    checksum.update(
        std::as_bytes(std::span(rows.data() + row * rows.outerStride(), static_cast<std::size_t>(rows.cols()))));
  }
  return checksum.value();
}

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
[[nodiscard]] MatrixScores<T> score_matrix(const RowBlock<T>& block, const UniversalBasis<T>& basis) {
  require(block.cols() == basis.width(), "matrix '", block.name(), "' has rows of width ", block.cols(),
          ", its basis of width ", basis.width());
  const Index rank = basis.rank();
  const Index height = detail::chunk_rows(block.cols());
  const Index chunks = detail::chunk_count(block.rows(), block.cols());
  MatrixScores<T> result{.name = block.name(),
                         .scores = make_matrix<T>(block.rows(), rank),
                         .residuals = make_matrix<T>(1, block.rows()),
                         .explained = {}};
  std::vector<Explained> parts(static_cast<std::size_t>(chunks));
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(chunks));
  parallel_for(chunks, 1, [&](Index begin, Index end) {
    Matrix<T> buffer;
    for (Index chunk = begin; chunk < end; ++chunk) {
      const Index first = chunk * height;
      const Index count = std::min(height, block.rows() - first);
      const auto rows = block.read(first, count, buffer);
      auto scores = map(result.scores).middleRows(first, count);
      auto residuals = map(result.residuals).middleCols(first, count);
      extract<T>(rows, map(basis.components()), map(basis.mean()), scores, residuals);

      Explained& part = parts[static_cast<std::size_t>(chunk)];
      part.rows = count;
      part.raw_energy = rows.template cast<double>().squaredNorm();
      if (!std::isfinite(part.raw_energy)) {
        RowStack<T>::require_finite_rows(block, first, count);
        fail("matrix '", block.name(), "' holds numbers too large to square; scale them down");
      }
      double residual_energy = 0.0;
      for (Index row = 0; row < count; ++row) {
        double square = static_cast<double>(residuals(0, row));
        const double centred = square + scores.row(row).template cast<double>().squaredNorm();
        if (!(centred >= detail::least_square<T>) || !std::isfinite(square)) {
          square = detail::score_in_double(rows.row(row), basis, scores.row(row).data());
          require(scores.row(row).allFinite(), "matrix '", block.name(), "' has numbers in row ", first + row,
                  " (counted from 0) whose scores are too large for their format; scale them down");
        }
        square = std::max(square, 0.0);  // what rounds below nothing
        residual_energy += square;
        residuals(0, row) = static_cast<T>(std::sqrt(square));
      }
      const Eigen::RowVectorXd energies = scores.template cast<double>().colwise().squaredNorm();
      part.score_energy.assign(energies.data(), energies.data() + rank);
      part.centred_energy = energies.sum() + residual_energy;
      hashes[static_cast<std::size_t>(chunk)] = detail::hash_rows<T>(rows);
    }
  });
  for (const Explained& part : parts) {
    result.explained += part;
  }
  result.hash = detail::join_hashes(hashes);
  return result;
}

AMPSFT_INSTANCE(MatrixScores<float> score_matrix(const RowBlock<float>&, const UniversalBasis<float>&));
AMPSFT_INSTANCE(MatrixScores<double> score_matrix(const RowBlock<double>&, const UniversalBasis<double>&));

}  // namespace ampsft
