// SPDX-License-Identifier: MIT
/// @file
/// The moments of a stack, accumulated in parts and merged: by chunks, by files, by processes.
#pragma once

#include <ampsft/basis/matrix_scores.hpp>
#include <ampsft/basis/row_stack.hpp>
#include <ampsft/basis/source.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
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
/// Throws on an empty stack and on a NaN or an infinity (the matrix and row are named). Memory: `d^2` doubles a thread,
/// what `GramAccumulator::add` takes beside them, and some thousand rows; cost: `n d^2` multiply-adds in double.
template <Scalar T>
[[nodiscard]] StackMoments<T> accumulate(const RowStack<T>& stack,
                                         const std::function<void(Index rows)>& on_rows = nullptr) {
  require(stack.rows() > 0, "the moments of an empty stack cannot be accumulated; add a matrix first");
  const Index width = stack.width();
  const Index height = detail::chunk_rows(width);
  const auto threads = static_cast<std::size_t>(thread_count());
  // What joins an accumulator at once should be some hundred rows, for joining takes d^2.
  const auto pieces = static_cast<Index>(threads);
  const Index batch = pieces * ((1024 + height - 1) / height);
  std::vector<GramAccumulator<T>> parts(threads, GramAccumulator<T>(width));
  std::vector<Matrix<T>> buffers(threads);
  StackMoments<T> result{.stack = stack.name(), .gram = GramAccumulator<T>(1)};
  for (const auto& block : stack.blocks()) {
    const Index chunks = detail::chunk_count(block.rows(), width);
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(chunks));
    for (Index start = 0; start < chunks; start += batch) {
      const Index stop = std::min(start + batch, chunks);
      parallel_for(pieces, 1, [&](Index begin, Index end) {
        for (Index piece = begin; piece < end; ++piece) {
          const Index first_chunk = start + (stop - start) * piece / pieces;
          const Index last_chunk = start + (stop - start) * (piece + 1) / pieces;
          const Index first = first_chunk * height;
          const Index count = std::min(last_chunk * height, block.rows()) - first;
          if (count <= 0) {
            continue;
          }
          auto& part = parts[static_cast<std::size_t>(piece)];
          const auto rows = block.read(first, count, buffers[static_cast<std::size_t>(piece)]);
          part.add(rows);
          if (!std::isfinite(part.raw_energy())) {
            RowStack<T>::require_finite_rows(block, first, count);
          }
          for (Index chunk = first_chunk; chunk < last_chunk; ++chunk) {
            const Index from = chunk * height - first;
            const auto some = rows.middleRows(from, std::min(height, count - from));
            hashes[static_cast<std::size_t>(chunk)] =
                detail::hash_rows<T>({some.data(), some.rows(), width, Eigen::OuterStride<>(rows.outerStride())});
          }
        }
      });
      if (on_rows) {
        on_rows(std::min(stop * height, block.rows()) - start * height);
      }
    }
    result.matrices.push_back(
        {.name = block.name(), .rows = block.rows(), .cols = width, .hash = hash_text(detail::join_hashes(hashes))});
  }
  result.gram = std::move(parts.front());
  for (std::size_t i = 1; i < threads; ++i) {
    result.gram.merge(parts[i]);
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
