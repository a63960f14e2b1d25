// SPDX-License-Identifier: MIT
/// @file
/// The one product that makes a whole matrix of scores or factors.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>

namespace ampsft::detail {

/// `w += scale s b`, with `w` `n x d`, `s` `n x K` and `b` `K x d`.
template <Scalar T>
void add_product(Matrix<T>& w, T scale, const Matrix<T>& s, const Matrix<T>& b) {
  map(w).noalias() += scale * (map(s) * map(b));
}

AMPSFT_INSTANCE(void add_product(Matrix<float>&, float, const Matrix<float>&, const Matrix<float>&));
AMPSFT_INSTANCE(void add_product(Matrix<double>&, double, const Matrix<double>&, const Matrix<double>&));

}  // namespace ampsft::detail
