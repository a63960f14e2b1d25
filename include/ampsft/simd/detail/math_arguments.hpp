// SPDX-License-Identifier: MIT
/// @file
/// Arguments of the kernels of elementwise functions, norms and softmax: plain pointers and strides, in
/// elements.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <cstdint>

namespace ampsft::simd::detail {

/// Functions of one place. `y` and `z` are results; gradients `g` belong to `y`.
enum class Map {
  exp,
  tanh,
  gelu_tanh,
  gelu_erf,
  silu,
  scale,              ///< y = factor a
  soft_cap,           ///< y = factor tanh(a / factor)
  sum,                ///< y = a + b
  copy,               ///< y = a
  scaled_sum,         ///< y = a + factor b
  soft_cap_gradient,  ///< y = (1 - (a / factor)^2) b, where a is the result of `soft_cap` and b its gradient
  silu_gated,         ///< y = silu(a) b
  gelu_tanh_gated,    ///< y = gelu(a) b
  gelu_erf_gated,
  gelu_tanh_gradient,  ///< y = gelu'(a) b, where b is the gradient
  gelu_erf_gradient,
  silu_gradient,
  silu_gated_gradient,  ///< y = silu'(a) b c, z = silu(a) c, where c is the gradient
  gelu_tanh_gated_gradient,
  gelu_erf_gated_gradient,
};

constexpr bool is_gated(Map map) noexcept {
  return map == Map::silu_gated || map == Map::gelu_tanh_gated || map == Map::gelu_erf_gated;
}

/// Whether a function has two results, of which either may be unwanted.
constexpr bool has_two_results(Map map) noexcept {
  return map >= Map::silu_gated_gradient;
}

/// The activation that a function is made of.
constexpr Map activation_of(Map map) noexcept {
  switch (map) {
    case Map::gelu_tanh:
    case Map::gelu_tanh_gated:
    case Map::gelu_tanh_gradient:
    case Map::gelu_tanh_gated_gradient:
      return Map::gelu_tanh;
    case Map::gelu_erf:
    case Map::gelu_erf_gated:
    case Map::gelu_erf_gradient:
    case Map::gelu_erf_gated_gradient:
      return Map::gelu_erf;
    default:
      return Map::silu;
  }
}

/// How many arrays a function reads.
constexpr Index inputs_of(Map map) noexcept {
  return map < Map::sum || map == Map::copy ? 1 : has_two_results(map) ? 3 : 2;
}

template <class T>
struct Elementwise {
  Index count = 0;
  const T* a = nullptr;
  const T* b = nullptr;
  const T* c = nullptr;
  T* y = nullptr;  // where there is a z, either may be none
  T* z = nullptr;
  bool add_y = false;  // to what is there
  bool add_z = false;
  T factor{};  // of the functions that have one
};

/// One step of AdamW: see train/adamw.hpp.
template <class T>
struct AdamWStep {
  Index count = 0;
  const T* g = nullptr;
  T* m = nullptr;
  T* v = nullptr;
  T* p = nullptr;
  T b1{};
  T b2{};
  T step_size{};
  T v_scale{};
  T epsilon{};
  T keep{};
};

/// Elements that pass or are dropped: see drop_elements.hpp.
template <class T>
struct DropElements {
  Index count = 0;
  const T* x = nullptr;
  T* y = nullptr;
  T kept{};  // what those that pass are multiplied by
  std::uint32_t threshold = 0;
  std::uint64_t seed = 0;
  bool add = false;
};

/// `y = (x - mean) inverse gain + bias` by rows; without `mean`, nothing is taken away (RMS norm).
template <class T>
struct Norm {
  Index rows = 0;
  Index cols = 0;
  const T* x = nullptr;
  Index x_row = 0;
  const T* gain = nullptr;
  const T* bias = nullptr;  // or none
  T epsilon{};
  T* mean = nullptr;     // rows; or none
  T* inverse = nullptr;  // rows; 1 / sqrt(mean square + epsilon)
  T* y = nullptr;
  Index y_row = 0;
};

template <class T>
struct NormGradient {
  Index rows = 0;
  Index cols = 0;
  const T* x = nullptr;
  Index x_row = 0;
  const T* gain = nullptr;
  const T* mean = nullptr;  // or none
  const T* inverse = nullptr;
  const T* dy = nullptr;
  Index dy_row = 0;
  T* dx = nullptr;  // or none
  Index dx_row = 0;
  bool add = false;    // to dx
  T* dgain = nullptr;  // cols, added to; or none
  T* dbias = nullptr;  // cols, added to; or none
};

/// A block of columns of every row of logits, joined to the rows' maximum and sum.
template <class T>
struct LogSum {
  Index rows = 0;
  Index cols = 0;
  const T* x = nullptr;
  Index x_row = 0;
  T* maximum = nullptr;                   // rows
  T* sum = nullptr;                       // rows, of exp(x - maximum)
  const std::int32_t* targets = nullptr;  // rows, or none: a row whose target is negative is left alone
};

/// `y = (exp(x - log_sum) - [target]) scale`, or added to it; zero for rows whose target is negative. With a cap, times
/// `1 - (x / cap)^2`.
template <class T>
struct SoftmaxGradient {
  Index rows = 0;
  Index cols = 0;
  const T* x = nullptr;
  Index x_row = 0;
  const T* log_sum = nullptr;             // rows
  const std::int32_t* targets = nullptr;  // rows
  Index first = 0;                        // the class of column 0
  T scale{};
  T* y = nullptr;  // may be x
  Index y_row = 0;
  bool add = false;
  T cap{};  // or 0: none
};

}  // namespace ampsft::simd::detail
