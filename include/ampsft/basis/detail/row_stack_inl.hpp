// SPDX-License-Identifier: MIT
/// @file
/// Bodies of row_stack.hpp.
#pragma once

#include <ampsft/basis/row_stack.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/row_block.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
void RowStack<T>::add(RowBlock<T> block) {
  require(block.rows() > 0 && block.cols() > 0, "matrix '", block.name(), "' is empty (", block.rows(), " x ",
          block.cols(), ") and cannot join a stack");
  require(blocks_.empty() || block.cols() == width(), "matrix '", block.name(), "' has rows of width ", block.cols(),
          " and cannot join the stack of '", blocks_.empty() ? "" : blocks_.front().name(), "' with rows of width ",
          width(), "; stack each width on its own (stack_by_width)");
  rows_ += block.rows();
  blocks_.push_back(std::move(block));
}

template <Scalar T>
void RowStack<T>::require_finite() const {
  for (const auto& block : blocks_) {
    require_finite_rows(block, 0, block.rows());
  }
}

template <Scalar T>
void RowStack<T>::require_finite_rows(const RowBlock<T>& block, Index first, Index count) {
  constexpr Index chunk = 64;
  Matrix<T> buffer;
  for (Index begin = first; begin < first + count; begin += chunk) {
    const auto rows = block.read(begin, std::min(chunk, first + count - begin), buffer);
    for (Index row = 0; row < rows.rows(); ++row) {
      require(rows.row(row).allFinite(), "matrix '", block.name(), "' holds a NaN or an infinity in row ", begin + row,
              " (counted from 0)");
    }
  }
}

template <Scalar T>
std::vector<RowStack<T>> stack_by_width(const std::vector<RowBlock<T>>& matrices) {
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

AMPSFT_INSTANCE(class RowStack<float>);
AMPSFT_INSTANCE(class RowStack<double>);
AMPSFT_INSTANCE(std::vector<RowStack<float>> stack_by_width(const std::vector<RowBlock<float>>& matrices));
AMPSFT_INSTANCE(std::vector<RowStack<double>> stack_by_width(const std::vector<RowBlock<double>>& matrices));

}  // namespace ampsft
