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
///
/// A pool that only plans hands out matrices without elements, and counts the bytes that it would have needed.
template <class T>
class StoragePool {
 public:
  explicit StoragePool(bool plans = false) : plans_(plans) {}

  /// A matrix of `rows x cols` elements that are not initialised.
  [[nodiscard]] Matrix<T> take(Index rows, Index cols) {
    Shelf& shelf = shelves_[rows * cols];
    if (shelf.kept == 0) {
      bytes_ += rows * cols * static_cast<Index>(sizeof(T));
      return plans_ ? Matrix<T>{} : make_matrix<T>(rows, cols);
    }
    --shelf.kept;
    if (plans_) {
      return {};
    }
    Matrix<T> matrix = std::move(shelf.matrices.back());
    shelf.matrices.pop_back();
    matrix.resize({static_cast<std::size_t>(rows), static_cast<std::size_t>(cols)});  // same size: no allocation
    return matrix;
  }

  /// Takes a matrix of `count` elements back and leaves an empty one in its place.
  void put(Matrix<T>& matrix, Index count) {
    Shelf& shelf = shelves_[count];
    ++shelf.kept;
    if (!plans_) {
      shelf.matrices.push_back(std::exchange(matrix, Matrix<T>{}));  // a moved-from xtensor would keep its shape
    }
  }

  /// All that was ever handed out at once, which the pool and its borrowers hold together.
  [[nodiscard]] Index bytes() const noexcept { return bytes_; }

 private:
  struct Shelf {
    std::vector<Matrix<T>> matrices;
    Index kept = 0;
  };

  bool plans_;
  Index bytes_ = 0;
  std::unordered_map<Index, Shelf> shelves_;
};

/// A matrix that an operation keeps from its forward to its backward pass; one from a pool returns there by itself. The
/// pool must outlive it.
template <class T>
class Saved {
 public:
  Saved() = default;
  explicit Saved(Matrix<T>&& matrix) : matrix_(std::move(matrix)) {}
  Saved(StoragePool<T>& pool, Index rows, Index cols)
      : pool_(&pool), count_(rows * cols), matrix_(pool.take(rows, cols)) {}
  Saved(Saved&& other) noexcept { swap(other); }
  Saved& operator=(Saved&& other) noexcept {
    Saved moved(std::move(other));
    swap(moved);
    return *this;
  }
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;
  ~Saved() {
    if (pool_ != nullptr) {
      pool_->put(matrix_, count_);
    }
  }

  [[nodiscard]] Matrix<T>& operator*() noexcept { return matrix_; }
  [[nodiscard]] const Matrix<T>& operator*() const noexcept { return matrix_; }
  [[nodiscard]] T* data() noexcept { return matrix_.data(); }
  [[nodiscard]] const T* data() const noexcept { return matrix_.data(); }

  /// The matrix, which does not return to its pool any more.
  [[nodiscard]] Matrix<T> take() noexcept {
    pool_ = nullptr;
    return std::exchange(matrix_, Matrix<T>{});
  }

 private:
  void swap(Saved& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(count_, other.count_);
    std::swap(matrix_, other.matrix_);
  }

  StoragePool<T>* pool_ = nullptr;
  Index count_ = 0;
  Matrix<T> matrix_;
};

}  // namespace ampsft
