// SPDX-License-Identifier: MIT
/// @file
/// The views by which functions take matrices that live anywhere: a whole matrix, some of its rows, some of its
/// columns.
#pragma once

#include <ampsft/core/tensor.hpp>

namespace ampsft {

/// Read-only argument, row-major, rows any distance apart.
///
/// Binds without a copy to `MatrixMap`, `ConstMatrixMap`, `StridedMap`, `ConstStridedMap` and blocks of them; any other
/// Eigen expression is evaluated into a temporary first. Take it as `const ConstView<T>&`.
template <Storage T>
using ConstView = Eigen::Ref<const EigenMatrix<T>, 0, Eigen::OuterStride<>>;

/// Writable argument, row-major, rows any distance apart; binds without a copy or not at all. Take it by value.
template <Storage T>
using View = Eigen::Ref<EigenMatrix<T>, 0, Eigen::OuterStride<>>;

}  // namespace ampsft
