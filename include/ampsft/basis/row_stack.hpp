// SPDX-License-Identifier: MIT
/// @file
/// Weight matrices of one row width, stacked for a common basis; nothing is copied.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// A weight matrix by name, `n x d`; the view must not outlive the weights.
template <Scalar T>
struct NamedRows {
  std::string name;
  ConstMatrixMap<T> rows;
};

/// Matrices of one width, one above the other, in the order in which they were added.
///
/// A matrix may be added twice and then counts twice: the paper does so with the tied token embedding and LM head.
template <Scalar T>
class RowStack {
 public:
  /// Adds a matrix; throws if it is empty or its width differs from the first one's. The width is the first one's.
  void add(NamedRows<T> block) {
    require(block.rows.size() > 0, "matrix '", block.name, "' is empty (", block.rows.rows(), " x ", block.rows.cols(),
            ") and cannot join a stack");
    require(blocks_.empty() || block.rows.cols() == width(), "matrix '", block.name, "' has rows of width ",
            block.rows.cols(), " and cannot join the stack of '", blocks_.empty() ? "" : blocks_.front().name,
            "' with rows of width ", width(), "; stack each width on its own (stack_by_width)");
    rows_ += block.rows.rows();
    blocks_.push_back(std::move(block));
  }

  /// Row width; 0 while the stack is empty.
  [[nodiscard]] Index width() const noexcept { return blocks_.empty() ? 0 : blocks_.front().rows.cols(); }

  /// Rows of all matrices together.
  [[nodiscard]] Index rows() const noexcept { return rows_; }

  [[nodiscard]] const std::vector<NamedRows<T>>& blocks() const noexcept { return blocks_; }

  /// Throws an error that names the matrix and the row of the first NaN or infinity. Reads everything once.
  void require_finite() const {
    for (const auto& block : blocks_) {
      for (Index row = 0; row < block.rows.rows(); ++row) {
        require(block.rows.row(row).allFinite(), "matrix '", block.name, "' holds a NaN or an infinity in row ", row,
                " (counted from 0)");
      }
    }
  }

 private:
  Index rows_ = 0;
  std::vector<NamedRows<T>> blocks_;
};

/// One stack for each row width, by ascending width, in the given order within; throws on an empty matrix.
template <Scalar T>
[[nodiscard]] std::vector<RowStack<T>> stack_by_width(const std::vector<NamedRows<T>>& matrices) {
  std::map<Index, RowStack<T>> by_width;
  for (const auto& matrix : matrices) {
    by_width[matrix.rows.cols()].add(matrix);
  }
  std::vector<RowStack<T>> stacks;
  stacks.reserve(by_width.size());
  for (auto& [width, stack] : by_width) {
    stacks.push_back(std::move(stack));
  }
  return stacks;
}

}  // namespace ampsft
