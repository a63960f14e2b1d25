// SPDX-License-Identifier: MIT
/// @file
/// Exponentials, sums and copies of whole matrices.
#pragma once

#include <ampsft/simd/detail/map_matrices.hpp>

namespace ampsft {

/// `y = exp(x)`, elementwise.
///
/// Error: at most 1.0 units in the last place, in float and double. Overflows to infinity, underflows through the
/// subnormal numbers to zero; what is no number stays none. `y` may be `x`. Throws `Error` if the shapes differ.
template <Scalar T>
void exponential(const ConstView<T>& x, std::type_identity_t<View<T>> y) {
  simd::detail::map_matrices<simd::detail::Map::exp, T>({x}, {{y}});
}

/// `y = tanh(x)`, elementwise.
///
/// Error: at most 2.5 units in the last place, in float and double; subnormal numbers and the sign of zero are kept.
/// `y` may be `x`. Throws `Error` if the shapes differ.
template <Scalar T>
void hyperbolic_tangent(const ConstView<T>& x, std::type_identity_t<View<T>> y) {
  simd::detail::map_matrices<simd::detail::Map::tanh, T>({x}, {{y}});
}

/// `y = a + b`; `y` may be either. Throws `Error` if the shapes differ.
template <Scalar T>
void add(const ConstView<T>& a, std::type_identity_t<const ConstView<T>&> b, std::type_identity_t<View<T>> y) {
  simd::detail::map_matrices<simd::detail::Map::sum, T>({a, b}, {{y}});
}

/// `y = x`, or `y += x`. Throws `Error` if the shapes differ.
template <Scalar T>
void accumulate(const ConstView<T>& x, std::type_identity_t<View<T>> y, WriteMode mode = WriteMode::add) {
  simd::detail::map_matrices<simd::detail::Map::copy, T>({x}, {{y, mode}});
}

}  // namespace ampsft
