// SPDX-License-Identifier: MIT
/// @file
/// Rows that all threads multiply with themselves, whose products go straight into one matrix.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/simd/detail/with_level.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ampsft {

/// Some rows `x` of width `d`, packed in double as the kernel of Gram sums reads them: filled, centred, multiplied,
/// then filled again. `GramSums` (simd/gram.hpp) is the like for one thread, in float as well.
///
/// Threads share the product, not the rows, so that its memory does not grow with them, and the results are the same
/// bits whatever their number. Memory: `(d + 47) (rows + 1)` doubles.
template <Scalar T>
class GramPanels {
 public:
  /// Memory for `capacity` rows of `width` columns. Throws unless both are at least 1.
  GramPanels(Index width, Index capacity);

  /// Rows at once that are best for a width: they take at most the larger of `d^2 / 4` doubles and 256 KiB.
  [[nodiscard]] static Index best_rows(Index width);

  [[nodiscard]] Index width() const noexcept { return width_; }
  [[nodiscard]] Index capacity() const noexcept { return capacity_; }

  /// Copies rows, `n x width`, to places `first` to `first + n`; several threads may fill different places at once.
  /// Throws unless they fit.
  void put(Index first, const ConstView<T>& rows);

  /// The same for one row in double, `1 x width`.
  void put_row(Index place, const ConstView<double>& row);

  /// Takes the mean of the first `count` rows away from them and gives it, `1 x width`. Returns the sum of the squares
  /// of what was there: 0 only if all elements were, not finite if one was not.
  double centre(Index count, MatrixMap<double> mean);

  /// Adds ``sum x' x`` of the first `count` rows to the lower triangle of a `width x width` matrix; what stands above
  /// it means nothing afterwards. Time: `count width^2 / 2` multiply-adds. Throws if the shapes differ.
  void add_products(Index count, MatrixMap<double> lower) const;

 private:
  static constexpr Index widest_panel = 48;  // a multiple of every level's
  static constexpr Index block_rows = 48;    // of the product, in a task of a thread
  static constexpr Index most_depth = 272;   // rows that stay in the cache while a panel passes

  template <class Row>
  void put_rows(Index first, const Row& rows);
  template <class Code>
  void add_block(Index count, Index block, Index panel, MatrixMap<double> lower) const;

  [[nodiscard]] double* panel_rows(Index panel) { return panels_.data() + panel * capacity_ * panel_; }

  void require_places(Index first, Index count, Index cols) const;

  Index width_;
  Index capacity_;
  Index panel_ = 0;
  Matrix<double> panels_;  // panels x (capacity panel), zeros after the last column
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/simd/detail/gram_panels_inl.hpp>
#endif
