// SPDX-License-Identifier: MIT
/// @file
/// Bodies of matrix_scores.hpp.
#pragma once

#include <ampsft/basis/explained.hpp>
#include <ampsft/basis/matrix_scores.hpp>
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

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::uint64_t join_hashes(std::span<const std::uint64_t> hashes) noexcept {
  Checksum checksum;
  checksum.update(std::as_bytes(hashes));
  return checksum.value();
}

template <Scalar T>
std::uint64_t hash_rows(const ConstStridedMap<T>& rows) noexcept {
  Checksum checksum;
  for (Index row = 0; row < rows.rows(); ++row) {
    checksum.update(
        std::as_bytes(std::span(rows.data() + row * rows.outerStride(), static_cast<std::size_t>(rows.cols()))));
  }
  return checksum.value();
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
MatrixScores<T> score_matrix(const RowBlock<T>& block, const UniversalBasis<T>& basis) {
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

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(std::uint64_t hash_rows(const ConstStridedMap<float>& rows) noexcept);
AMPSFT_INSTANCE(std::uint64_t hash_rows(const ConstStridedMap<double>& rows) noexcept);

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(MatrixScores<float> score_matrix(const RowBlock<float>&, const UniversalBasis<float>&));
AMPSFT_INSTANCE(MatrixScores<double> score_matrix(const RowBlock<double>&, const UniversalBasis<double>&));

}  // namespace ampsft
