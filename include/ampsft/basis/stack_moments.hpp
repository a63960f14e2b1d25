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
                                         const std::function<void(Index rows)>& on_rows = nullptr) {
  require(stack.rows() > 0, "the moments of an empty stack cannot be accumulated; add a matrix first");
  const Index width = stack.width();
  StackMoments<T> result{.stack = stack.name(), .gram = GramAccumulator<T>(width)};
  const Index limit = std::max(GramPanels<T>::best_rows(width), detail::ChunkReader<T>::most);
  GramPanels<T> panels = result.gram.panels_for(limit);
  for (const auto& block : stack.blocks()) {
    const Index chunks = detail::chunk_count(block.rows(), width);
    std::vector<std::uint64_t> hashes;
    for (Index start = 0; start < chunks; start += detail::ChunkReader<T>::most) {
      const Index some = std::min(detail::ChunkReader<T>::most, chunks - start);
      detail::ChunkReader<T> reader(block, start, some);
      while (const Index count = reader.read(panels, limit)) {
        result.gram.add(panels, count);
        if (!std::isfinite(result.gram.raw_energy())) {
          RowStack<T>::require_finite_rows(block, reader.first_row(), reader.rows());
        }
      }
      for (Index chunk = 0; chunk < some; ++chunk) {
        hashes.push_back(reader.hash(chunk));
      }
      if (on_rows) {
        on_rows(reader.rows());
      }
    }
    result.matrices.push_back(
        {.name = block.name(), .rows = block.rows(), .cols = width, .hash = hash_text(detail::join_hashes(hashes))});
  }
  return result;
}

/// Joins moments of the same stack that were accumulated apart; the result is that of all matrices together, up to
/// rounding. Throws if the stacks differ by name or width, or a matrix is in both.
template <Scalar T>
void merge(StackMoments<T>& mode, const StackMoments<T>& other) {
  require(mode.stack == other.stack && mode.gram.width() == other.gram.width(), "moments of the stack '", other.stack,
          "' (width ", other.gram.width(), ") cannot join those of '", mode.stack, "' (width ", mode.gram.width(), ")");
  for (const auto& matrix : other.matrices) {
    const bool twice = std::any_of(mode.matrices.begin(), mode.matrices.end(),
                                   [&](const SourceMatrix& known) { return known.name == matrix.name; });
    require(!twice, "matrix '", matrix.name, "' is in two of the parts that are merged and would count twice");
  }
  mode.gram.merge(other.gram);
  mode.matrices.insert(mode.matrices.end(), other.matrices.begin(), other.matrices.end());
}

AMPSFT_INSTANCE(StackMoments<float> accumulate(const RowStack<float>&, const std::function<void(Index)>&));
AMPSFT_INSTANCE(StackMoments<double> accumulate(const RowStack<double>&, const std::function<void(Index)>&));
AMPSFT_INSTANCE(void merge(StackMoments<float>&, const StackMoments<float>&));
AMPSFT_INSTANCE(void merge(StackMoments<double>&, const StackMoments<double>&));

}  // namespace ampsft
