// SPDX-License-Identifier: MIT
/// @file
/// Matrices of double for functions that know no other number and are templates all the same.
///
/// What a template does is compiled where it is used; what a plain inline function does, wherever its header is
/// included: the matrix products of this module were 8 of the 13 s that `#include <ampsft/ampsft.hpp>` took.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <concepts>
#include <type_traits>

namespace ampsft::detail {

/// Columns side by side, as Eigen's decompositions want them. `Real` is not deduced from an argument.
template <std::same_as<double> Real>
using MatrixOf = std::type_identity_t<Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>>;

template <std::same_as<double> Real>
using VectorOf = std::type_identity_t<Eigen::Matrix<Real, Eigen::Dynamic, 1>>;

}  // namespace ampsft::detail
