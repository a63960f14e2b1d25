// SPDX-License-Identifier: MIT
/// @file
/// GELU, SiLU and SwiGLU with their gradients, over whole matrices.
#pragma once

#include <ampsft/simd/detail/map_matrices.hpp>

namespace ampsft {

/// Which formula GELU uses (Hendrycks and Gimpel 2016).
enum class GeluForm {
  tanh,  ///< x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), as in GPT-2
  erf,   ///< x Phi(x), exact
};

/// `y = gelu(x)`, elementwise; `y` may be `x`.
///
/// Error in units in the last place, float and double: the erf form at most 7. The tanh form at most 4 above x = -1;
/// below, its exponential multiplies the rounding of its argument `t = 2 sqrt(2/pi) (x + 0.044715 x^3)`: 4 + 3 |t|.
/// Results near the smallest numbers (below 1e-35 for float) have fewer places. Minus infinity gives zero. Throws
/// `Error` if the shapes differ.
template <Scalar T>
void gelu(const ConstView<T>& x, std::type_identity_t<View<T>> y, GeluForm form) {
  using simd::detail::Map;
  form == GeluForm::tanh ? simd::detail::map_matrices<Map::gelu_tanh, T>({x}, {{y}})
                         : simd::detail::map_matrices<Map::gelu_erf, T>({x}, {{y}});
}

/// `dx = gelu'(x) dy`, or `dx += gelu'(x) dy`, elementwise. Throws `Error` if the shapes differ.
template <Scalar T>
void gelu_gradient(const ConstView<T>& x, std::type_identity_t<const ConstView<T>&> dy,
                   std::type_identity_t<View<T>> dx, GeluForm form, WriteMode mode = WriteMode::overwrite) {
  using simd::detail::Map;
  form == GeluForm::tanh ? simd::detail::map_matrices<Map::gelu_tanh_gradient, T>({x, dy}, {{dx, mode}})
                         : simd::detail::map_matrices<Map::gelu_erf_gradient, T>({x, dy}, {{dx, mode}});
}

/// `y = x / (1 + exp(-x))`, elementwise; `y` may be `x`.
///
/// Error: at most 3.5 units in the last place, in float and double, but for results near the smallest numbers. Minus
/// infinity gives zero. Throws `Error` if the shapes differ.
template <Scalar T>
void silu(const ConstView<T>& x, std::type_identity_t<View<T>> y) {
  simd::detail::map_matrices<simd::detail::Map::silu, T>({x}, {{y}});
}

/// `dx = silu'(x) dy`, or `dx += silu'(x) dy`, elementwise. Throws `Error` if the shapes differ.
template <Scalar T>
void silu_gradient(const ConstView<T>& x, std::type_identity_t<const ConstView<T>&> dy,
                   std::type_identity_t<View<T>> dx, WriteMode mode = WriteMode::overwrite) {
  simd::detail::map_matrices<simd::detail::Map::silu_gradient, T>({x, dy}, {{dx, mode}});
}

/// `y = silu(gate) up`, elementwise (Shazeer 2020); `y` may be either. Throws `Error` if the shapes differ.
template <Scalar T>
void swiglu(const ConstView<T>& gate, std::type_identity_t<const ConstView<T>&> up, std::type_identity_t<View<T>> y) {
  simd::detail::map_matrices<simd::detail::Map::swiglu, T>({gate, up}, {{y}});
}

/// Where the gradients of SwiGLU go; a matrix without rows is not wanted.
template <Scalar T>
struct SwigluGradients {
  MatrixRef<T> dgate{};
  WriteMode mode_gate = WriteMode::overwrite;
  MatrixRef<T> dup{};
  WriteMode mode_up = WriteMode::overwrite;
};

/// `dgate (+)= silu'(gate) up dy`, then `dup (+)= silu(gate) dy`, in one pass; they may be one matrix, added to. Throws
/// `Error` if the shapes differ.
template <Scalar T>
void swiglu_gradient(const ConstView<T>& gate, std::type_identity_t<const ConstView<T>&> up,
                     std::type_identity_t<const ConstView<T>&> dy, const SwigluGradients<T>& to) {
  simd::detail::map_matrices<simd::detail::Map::swiglu_gradient, T>({gate, up, dy},
                                                                    {{to.dgate, to.mode_gate}, {to.dup, to.mode_up}});
}

}  // namespace ampsft
