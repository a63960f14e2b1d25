// SPDX-License-Identifier: MIT
/// @file
/// Weight matrices of one row width, stacked for a common basis; nothing is copied.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/row_block.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// Matrices of one width, one above the other, in the order in which they were added; wherever they lie and however
/// they are stored (`RowBlock`). The views must not outlive the weights.
///
/// A matrix may be added twice and then counts twice: the paper does so with the tied token embedding and LM head.
template <Scalar T>
class RowStack {
 public:
  /// `name` is what reports and files call the stack; empty: its width.
  explicit RowStack(std::string name = {}) : name_(std::move(name)) {}

  /// Adds a matrix; throws if it is empty or its width differs from the first one's. The width is the first one's.
  void add(RowBlock<T> block);

  [[nodiscard]] std::string name() const { return name_.empty() ? std::to_string(width()) : name_; }

  /// Row width; 0 while the stack is empty.
  [[nodiscard]] Index width() const noexcept { return blocks_.empty() ? 0 : blocks_.front().cols(); }

  /// Rows of all matrices together.
  [[nodiscard]] Index rows() const noexcept { return rows_; }

  [[nodiscard]] const std::vector<RowBlock<T>>& blocks() const noexcept { return blocks_; }

  /// Throws an error that names the matrix and the row of the first NaN or infinity. Reads everything once, in bounded
  /// memory.
  void require_finite() const;

  /// The same for some rows of one matrix.
  static void require_finite_rows(const RowBlock<T>& block, Index first, Index count);

 private:
  std::string name_;
  Index rows_ = 0;
  std::vector<RowBlock<T>> blocks_;
};

/// One stack for each row width, by ascending width, in the given order within; throws on an empty matrix.
template <Scalar T>
[[nodiscard]] std::vector<RowStack<T>> stack_by_width(const std::vector<RowBlock<T>>& matrices);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/detail/row_stack_inl.hpp>
#endif
