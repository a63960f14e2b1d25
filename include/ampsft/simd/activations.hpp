// SPDX-License-Identifier: MIT
/// @file
/// GELU, SiLU and gated activations with their gradients, over whole matrices.
#pragma once

#include <ampsft/core/instances.hpp>
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

/// The activation of a gate (Shazeer 2020).
enum class GatedActivation {
  silu,       ///< SwiGLU, as in Llama
  gelu_tanh,  ///< GeGLU, as in Gemma
  gelu_erf,   ///< GeGLU with the exact GELU
};

/// `y = f(gate) up`, elementwise; `y` may be either.
///
/// Error: that of `f`, see `silu` and `gelu`, and half a unit in the last place. Throws `Error` if the shapes differ.
template <Scalar T>
void gated(const ConstView<T>& gate, std::type_identity_t<const ConstView<T>&> up, std::type_identity_t<View<T>> y,
           GatedActivation f) {
  using namespace simd::detail;
  switch (f) {
    case GatedActivation::silu:
      return map_matrices<Map::silu_gated, T>({gate, up}, {{y}});
    case GatedActivation::gelu_tanh:
      return map_matrices<Map::gelu_tanh_gated, T>({gate, up}, {{y}});
    case GatedActivation::gelu_erf:
      return map_matrices<Map::gelu_erf_gated, T>({gate, up}, {{y}});
  }
}

/// Where the gradients of `gated` go; a matrix without rows is not wanted.
template <Scalar T>
struct GatedGradients {
  MatrixRef<T> dgate{};
  WriteMode mode_gate = WriteMode::overwrite;
  MatrixRef<T> dup{};
  WriteMode mode_up = WriteMode::overwrite;
};

/// ``dgate (+)= f'(gate) up dy``, then `dup (+)= f(gate) dy`, in one pass; they may be one matrix, added to. Throws
/// `Error` if the shapes differ.
template <Scalar T>
void gated_gradient(const ConstView<T>& gate, std::type_identity_t<const ConstView<T>&> up,
                    std::type_identity_t<const ConstView<T>&> dy, GatedActivation f, const GatedGradients<T>& to) {
  using namespace simd::detail;
  const MapResult<T> out[] = {{to.dgate, to.mode_gate}, {to.dup, to.mode_up}};
  switch (f) {
    case GatedActivation::silu:
      return map_matrices<Map::silu_gated_gradient, T>({gate, up, dy}, out);
    case GatedActivation::gelu_tanh:
      return map_matrices<Map::gelu_tanh_gated_gradient, T>({gate, up, dy}, out);
    case GatedActivation::gelu_erf:
      return map_matrices<Map::gelu_erf_gated_gradient, T>({gate, up, dy}, out);
  }
}

AMPSFT_INSTANCE(void gelu(const ConstView<float>&, View<float>, GeluForm));
AMPSFT_INSTANCE(void gelu(const ConstView<double>&, View<double>, GeluForm));
AMPSFT_INSTANCE(void gelu_gradient(const ConstView<float>&, const ConstView<float>&, View<float>, GeluForm, WriteMode));
AMPSFT_INSTANCE(void gelu_gradient(const ConstView<double>&, const ConstView<double>&, View<double>, GeluForm,
                                   WriteMode));
AMPSFT_INSTANCE(void silu(const ConstView<float>&, View<float>));
AMPSFT_INSTANCE(void silu(const ConstView<double>&, View<double>));
AMPSFT_INSTANCE(void silu_gradient(const ConstView<float>&, const ConstView<float>&, View<float>, WriteMode));
AMPSFT_INSTANCE(void silu_gradient(const ConstView<double>&, const ConstView<double>&, View<double>, WriteMode));
AMPSFT_INSTANCE(void gated(const ConstView<float>&, const ConstView<float>&, View<float>, GatedActivation));
AMPSFT_INSTANCE(void gated(const ConstView<double>&, const ConstView<double>&, View<double>, GatedActivation));
AMPSFT_INSTANCE(void gated_gradient(const ConstView<float>&, const ConstView<float>&, const ConstView<float>&,
                                    GatedActivation, const GatedGradients<float>&));
AMPSFT_INSTANCE(void gated_gradient(const ConstView<double>&, const ConstView<double>&, const ConstView<double>&,
                                    GatedActivation, const GatedGradients<double>&));

}  // namespace ampsft
