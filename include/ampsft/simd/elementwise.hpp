// SPDX-License-Identifier: MIT
/// @file
/// Exponentials, soft caps, sums, multiples and copies of whole matrices.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/detail/map_matrices.hpp>

#include <cmath>

namespace ampsft {

/// Throws unless a cap of `cap tanh(x / cap)` is a positive number.
template <Scalar T>
void require_soft_cap(T cap) {
  require(cap > T{0} && std::isfinite(cap) && std::isfinite(T{1} / cap),
          "soft_cap: the cap must be a positive number, not ", cap, "; leave the cap out where there is none");
}

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

/// `y = factor x`, or `y += factor x`; `y` may be `x`. Throws `Error` if the shapes differ.
template <Scalar T>
void scale(const ConstView<T>& x, T factor, std::type_identity_t<View<T>> y, WriteMode mode = WriteMode::overwrite) {
  simd::detail::map_matrices<simd::detail::Map::scale, T>({x}, {{y, mode}}, factor);
}

/// `y = a + factor b`, rounded once where the processor can; `y` may be either. Throws `Error` if the shapes differ.
template <Scalar T>
void add_scaled(const ConstView<T>& a, std::type_identity_t<const ConstView<T>&> b, T factor,
                std::type_identity_t<View<T>> y) {
  simd::detail::map_matrices<simd::detail::Map::scaled_sum, T>({a, b}, {{y}}, factor);
}

/// `y = cap tanh(x / cap)`, elementwise, the soft cap of Gemma 2; `y` may be `x`.
///
/// Error: at most 5 units in the last place, in float and double, but for results near the smallest numbers. Throws
/// `Error` if the shapes differ or the cap is no positive number.
template <Scalar T>
void soft_cap(const ConstView<T>& x, T cap, std::type_identity_t<View<T>> y) {
  require_soft_cap(cap);
  simd::detail::map_matrices<simd::detail::Map::soft_cap, T>({x}, {{y}}, cap);
}

/// `dx = (1 - (y / cap)^2) dy`, or added to `dx`, where `y` is the result of `soft_cap`. Throws `Error` as there.
template <Scalar T>
void soft_cap_gradient(const ConstView<T>& y, std::type_identity_t<const ConstView<T>&> dy, T cap,
                       std::type_identity_t<View<T>> dx, WriteMode mode = WriteMode::overwrite) {
  require_soft_cap(cap);
  simd::detail::map_matrices<simd::detail::Map::soft_cap_gradient, T>({y, dy}, {{dx, mode}}, cap);
}

/// `y = x`, or `y += x`. Throws `Error` if the shapes differ.
template <Scalar T>
void accumulate(const ConstView<T>& x, std::type_identity_t<View<T>> y, WriteMode mode = WriteMode::add) {
  simd::detail::map_matrices<simd::detail::Map::copy, T>({x}, {{y, mode}});
}

AMPSFT_INSTANCE(void exponential(const ConstView<float>&, View<float>));
AMPSFT_INSTANCE(void exponential(const ConstView<double>&, View<double>));
AMPSFT_INSTANCE(void hyperbolic_tangent(const ConstView<float>&, View<float>));
AMPSFT_INSTANCE(void hyperbolic_tangent(const ConstView<double>&, View<double>));
AMPSFT_INSTANCE(void add(const ConstView<float>&, const ConstView<float>&, View<float>));
AMPSFT_INSTANCE(void add(const ConstView<double>&, const ConstView<double>&, View<double>));
AMPSFT_INSTANCE(void scale(const ConstView<float>&, float, View<float>, WriteMode));
AMPSFT_INSTANCE(void scale(const ConstView<double>&, double, View<double>, WriteMode));
AMPSFT_INSTANCE(void add_scaled(const ConstView<float>&, const ConstView<float>&, float, View<float>));
AMPSFT_INSTANCE(void add_scaled(const ConstView<double>&, const ConstView<double>&, double, View<double>));
AMPSFT_INSTANCE(void soft_cap(const ConstView<float>&, float, View<float>));
AMPSFT_INSTANCE(void soft_cap(const ConstView<double>&, double, View<double>));
AMPSFT_INSTANCE(void soft_cap_gradient(const ConstView<float>&, const ConstView<float>&, float, View<float>,
                                       WriteMode));
AMPSFT_INSTANCE(void soft_cap_gradient(const ConstView<double>&, const ConstView<double>&, double, View<double>,
                                       WriteMode));
AMPSFT_INSTANCE(void accumulate(const ConstView<float>&, View<float>, WriteMode));
AMPSFT_INSTANCE(void accumulate(const ConstView<double>&, View<double>, WriteMode));

}  // namespace ampsft
