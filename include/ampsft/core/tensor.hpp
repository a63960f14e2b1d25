// SPDX-License-Identifier: MIT
/// @file
/// Who owns numbers (fixed-rank xtensor, row-major) and who computes with them (Eigen maps over the same memory).
#pragma once

#include <ampsft/core/aligned_allocator.hpp>
#include <ampsft/core/compat/eigen.hpp>
#include <ampsft/core/compat/xtensor.hpp>
#include <ampsft/core/detail/compiled_with.hpp>
#include <ampsft/core/error.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>

namespace ampsft {

/// The scalars that the library computes with.
template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double>;

/// 16-bit floats for storage (8 exponent, 7 mantissa bits); the arithmetic is float's.
using BFloat16 = Eigen::bfloat16;

/// What a matrix may be stored as.
template <class T>
concept Storage = Scalar<T> || std::same_as<T, BFloat16>;

/// Signed index and extent, the same type as Eigen's.
using Index = std::ptrdiff_t;

/// Owning row-major array of fixed rank on a 64-byte boundary. (Never `xt::xarray`: its temporaries are wrong under GCC
/// and C++20 up to xtensor 0.25.)
template <class T, std::size_t N>
using Tensor = xt::xtensor<T, N, xt::layout_type::row_major, AlignedAllocator<T>>;

/// Owning row-major matrix, `rows x cols`. A vector is a matrix of one row.
template <class T>
using Matrix = Tensor<T, 2>;

/// Row-major Eigen matrix; owns, for temporaries of the algebra only.
template <class T>
using EigenMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// One row for elementwise work; owns, for temporaries only.
template <class T>
using EigenArrayRow = Eigen::Array<T, 1, Eigen::Dynamic>;

/// Row-major Eigen view with contiguous rows, writable.
template <class T>
using MatrixMap = Eigen::Map<EigenMatrix<T>>;

/// Row-major Eigen view with contiguous rows, read-only.
template <class T>
using ConstMatrixMap = Eigen::Map<const EigenMatrix<T>>;

/// Row-major Eigen view whose rows lie `stride` elements apart, writable.
template <class T>
using StridedMap = Eigen::Map<EigenMatrix<T>, 0, Eigen::OuterStride<>>;

/// Row-major Eigen view whose rows lie `stride` elements apart, read-only.
template <class T>
using ConstStridedMap = Eigen::Map<const EigenMatrix<T>, 0, Eigen::OuterStride<>>;

/// A matrix of `rows x cols` elements that are not initialised.
template <class T>
[[nodiscard]] Matrix<T> make_matrix(Index rows, Index cols) {
  require(rows >= 0 && cols >= 0, "a matrix cannot have ", rows, " x ", cols, " elements");
  return Matrix<T>::from_shape({static_cast<std::size_t>(rows), static_cast<std::size_t>(cols)});
}

/// A matrix of `rows x cols` elements, all equal to `value`.
template <class T>
[[nodiscard]] Matrix<T> make_matrix(Index rows, Index cols, T value) {
  Matrix<T> matrix = make_matrix<T>(rows, cols);
  std::fill(matrix.storage().begin(), matrix.storage().end(), value);
  return matrix;
}

/// A matrix that holds a copy of any Eigen expression.
template <class Derived>
[[nodiscard]] auto make_matrix(const Eigen::MatrixBase<Derived>& expression) {
  using T = typename Derived::Scalar;
  Matrix<T> matrix = make_matrix<T>(expression.rows(), expression.cols());
  MatrixMap<T>(matrix.data(), expression.rows(), expression.cols()) = expression;
  return matrix;
}

template <class T>
[[nodiscard]] Index rows(const Matrix<T>& matrix) noexcept {
  return static_cast<Index>(matrix.shape()[0]);
}

template <class T>
[[nodiscard]] Index cols(const Matrix<T>& matrix) noexcept {
  return static_cast<Index>(matrix.shape()[1]);
}

/// Eigen view of the whole matrix.
template <class T>
[[nodiscard]] MatrixMap<T> map(Matrix<T>& matrix) noexcept {
  return {matrix.data(), rows(matrix), cols(matrix)};
}

template <class T>
[[nodiscard]] ConstMatrixMap<T> map(const Matrix<T>& matrix) noexcept {
  return {matrix.data(), rows(matrix), cols(matrix)};
}

/// A view must not outlive its matrix.
template <class T>
void map(const Matrix<T>&& matrix) = delete;

/// Eigen view of all elements as one row, for elementwise work.
template <class T>
[[nodiscard]] Eigen::Map<EigenArrayRow<T>> flat(Matrix<T>& matrix) noexcept {
  return {matrix.data(), static_cast<Index>(matrix.size())};
}

template <class T>
[[nodiscard]] Eigen::Map<const EigenArrayRow<T>> flat(const Matrix<T>& matrix) noexcept {
  return {matrix.data(), static_cast<Index>(matrix.size())};
}

}  // namespace ampsft
