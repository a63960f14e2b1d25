// SPDX-License-Identifier: MIT
/// @file
/// Matrices to be used again: after the first training step a tape allocates none.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft {

/// Keeps returned matrices and hands them out again by element count.
template <Scalar T>
class StoragePool {
 public:
  /// A matrix of `rows x cols` elements that are not initialised.
  [[nodiscard]] Matrix<T> take(Index rows, Index cols) {
    auto& shelf = shelves_[rows * cols];
    if (shelf.empty()) {
      return make_matrix<T>(rows, cols);
    }
    Matrix<T> matrix = std::move(shelf.back());
    shelf.pop_back();
    matrix.resize({static_cast<std::size_t>(rows), static_cast<std::size_t>(cols)});  // same size: no allocation
    return matrix;
  }

  /// Takes a matrix back and leaves an empty one in its place; one without elements is dropped.
  void put(Matrix<T>& matrix) {
    if (matrix.size() > 0) {
      auto& shelf = shelves_[static_cast<Index>(matrix.size())];
      shelf.push_back(std::exchange(matrix, Matrix<T>{}));  // a moved-from xtensor would keep its shape
    }
  }

 private:
  std::unordered_map<Index, std::vector<Matrix<T>>> shelves_;
};

}  // namespace ampsft
