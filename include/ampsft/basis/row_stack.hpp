// SPDX-License-Identifier: MIT
/// @file
/// Weight matrices of one row width, stacked for a common basis; nothing is copied.
#pragma once

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
  void add(RowBlock<T> block) {
    require(block.rows() > 0 && block.cols() > 0, "matrix '", block.name(), "' is empty (", block.rows(), " x ",
            block.cols(), ") and cannot join a stack");
    require(blocks_.empty() || block.cols() == width(), "matrix '", block.name(), "' has rows of width ", block.cols(),
            " and cannot join the stack of '", blocks_.empty() ? "" : blocks_.front().name(), "' with rows of width ",
            width(), "; stack each width on its own (stack_by_width)");
    rows_ += block.rows();
    blocks_.push_back(std::move(block));
  }

  [[nodiscard]] std::string name() const { return name_.empty() ? std::to_string(width()) : name_; }

  /// Row width; 0 while the stack is empty.
  [[nodiscard]] Index width() const noexcept { return blocks_.empty() ? 0 : blocks_.front().cols(); }

  /// Rows of all matrices together.
  [[nodiscard]] Index rows() const noexcept { return rows_; }

  [[nodiscard]] const std::vector<RowBlock<T>>& blocks() const noexcept { return blocks_; }

  /// Throws an error that names the matrix and the row of the first NaN or infinity. Reads everything once, in bounded
  /// memory.
  void require_finite() const {
    for (const auto& block : blocks_) {
      require_finite_rows(block, 0, block.rows());
    }
  }

  /// The same for some rows of one matrix.
  static void require_finite_rows(const RowBlock<T>& block, Index first, Index count) {
    constexpr Index chunk = 64;
    Matrix<T> buffer;
    for (Index begin = first; begin < first + count; begin += chunk) {
      const auto rows = block.read(begin, std::min(chunk, first + count - begin), buffer);
      for (Index row = 0; row < rows.rows(); ++row) {
        require(rows.row(row).allFinite(), "matrix '", block.name(), "' holds a NaN or an infinity in row ",
                begin + row, " (counted from 0)");
      }
    }
  }

 private:
  std::string name_;
  Index rows_ = 0;
  std::vector<RowBlock<T>> blocks_;
};

/// One stack for each row width, by ascending width, in the given order within; throws on an empty matrix.
template <Scalar T>
[[nodiscard]] std::vector<RowStack<T>> stack_by_width(const std::vector<RowBlock<T>>& matrices) {
  std::map<Index, RowStack<T>> by_width;
  for (const auto& matrix : matrices) {
    by_width[matrix.cols()].add(matrix);
  }
  std::vector<RowStack<T>> stacks;
  stacks.reserve(by_width.size());
  for (auto& [width, stack] : by_width) {
    stacks.push_back(std::move(stack));
  }
  return stacks;
}

}  // namespace ampsft
