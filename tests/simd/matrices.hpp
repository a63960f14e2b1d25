// SPDX-License-Identifier: MIT
/// @file
/// Whole random matrices for the laws of the kernels, and the shapes that these are tried at.
#pragma once

#include "simd/testing.hpp"

namespace ampsft::test {

inline const std::vector<Shape> law_shapes{{1, 1, 1},   {3, 5, 2},    {33, 7, 3},   {31, 64, 5},  {3, 33, 11},
                                           {20, 80, 8}, {50, 33, 16}, {9, 257, 24}, {64, 96, 64}, {7, 600, 4}};

template <class T>
constexpr double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());

/// Uniform in [-1, 1).
template <class T>
EigenMatrix<T> uniform(Index rows, Index cols, Random& random) {
  EigenMatrix<T> matrix(rows, cols);
  for (T& element : matrix.reshaped()) {
    element = static_cast<T>(2 * random.uniform() - 1);
  }
  return matrix;
}

/// Whole numbers from -8 to 8.
template <class T>
EigenMatrix<T> whole_numbers(Index rows, Index cols, Random& random) {
  EigenMatrix<T> matrix(rows, cols);
  for (T& element : matrix.reshaped()) {
    element = static_cast<T>(random.below(17) - 8);
  }
  return matrix;
}

/// `k` orthonormal rows, at most `d`: each made orthogonal to the former, twice, for the first time leaves errors.
template <class T>
EigenMatrix<T> orthonormal(Index k, Index d, Random& random) {
  EigenMatrix<double> q = uniform<double>(k, d, random);
  for (Index i = 0; i < k; ++i) {
    for (Index l = 0; l < 2 * i; ++l) {
      q.row(i) -= q.row(i).dot(q.row(l % i)) * q.row(l % i);
    }
    q.row(i) /= q.row(i).norm();
  }
  return q.template cast<T>();
}

template <class T>
EigenMatrix<double> magnitudes(const EigenMatrix<T>& matrix) {
  return matrix.cwiseAbs().template cast<double>();
}

/// Whether no element of `a` is further from `b` than `bound` says.
template <class T>
bool within(const EigenMatrix<T>& a, const EigenMatrix<T>& b, const EigenMatrix<double>& bound) {
  return (magnitudes<T>(a - b).array() <= bound.array()).all();
}

}  // namespace ampsft::test
