// SPDX-License-Identifier: MIT
/// @file
/// Bodies of stack_moments.hpp.
#pragma once

#include <ampsft/basis/detail/chunk_reader.hpp>
#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/source.hpp>
#include <ampsft/basis/stack_moments.hpp>
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

template <Scalar T>
StackMoments<T> accumulate(const RowStack<T>& stack, const std::function<void(Index rows)>& on_rows) {
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
