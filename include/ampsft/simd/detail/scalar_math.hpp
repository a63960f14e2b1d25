// SPDX-License-Identifier: MIT
/// @file
/// The kernels of elementwise functions, norms and softmax in plain C++: see scalar.hpp.
#pragma once

#include <ampsft/simd/detail/math_arguments.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ampsft::simd::detail::scalar {

template <class T>
T logistic(T t) noexcept {
  const T e = std::exp(-std::abs(t));
  return t < T{0} ? e / (T{1} + e) : T{1} / (T{1} + e);
}

template <class T>
T normal_cdf(T x) noexcept {
  return T(0.5) * std::erfc(x * static_cast<T>(-0.70710678118654752440));
}

template <class T>
T gelu_argument(T x) noexcept {
  return x * (static_cast<T>(1.5957691216057307118) + static_cast<T>(1.5957691216057307118 * 0.044715) * (x * x));
}

/// Where products of `x` with what vanishes there are numbers.
template <class T>
T bounded_below(T x) noexcept {
  return x < T{-1000} ? T{-1000} : x;
}

template <class T>
T bounded(T x) noexcept {
  return x > T{1000} ? T{1000} : bounded_below(x);
}

/// `silu` or a form of GELU.
template <Map M, class T>
T activation(T a) noexcept {
  const T x = bounded_below(a);
  if constexpr (M == Map::gelu_tanh) {
    return x * logistic(gelu_argument(x));
  } else if constexpr (M == Map::gelu_erf) {
    return x * normal_cdf(x);
  } else {
    return x * logistic(x);
  }
}

template <Map M, class T>
T activation_slope(T a) noexcept {
  const T x = bounded(a);
  if constexpr (M == Map::gelu_tanh) {
    const T t = gelu_argument(x);
    const T dt = static_cast<T>(1.5957691216057307118) * (T{1} + 3 * static_cast<T>(0.044715) * x * x);
    return logistic(t) + x * logistic(t) * logistic(-t) * dt;
  } else if constexpr (M == Map::gelu_erf) {
    return normal_cdf(x) + x * static_cast<T>(0.39894228040143267794) * std::exp(T(-0.5) * x * x);
  } else {
    return logistic(x) * (T{1} + x * logistic(-x));
  }
}

template <Map M, class T>
T value_of(T a) noexcept {
  if constexpr (M == Map::exp) {
    return std::exp(a);
  } else if constexpr (M == Map::tanh) {
    return std::tanh(a);
  } else if constexpr (M == Map::copy) {
    return a;
  } else {
    return activation<M>(a);
  }
}

template <class T>
T soft_cap_slope(T y, T cap) noexcept {
  const T t = y * (T{1} / cap);
  return (T{1} - t) * (T{1} + t);
}

template <Map M, class T>
void elementwise(const Elementwise<T>& e) noexcept {
  constexpr Map own = activation_of(M);
  for (Index i = 0; i < e.count; ++i) {
    T y{};
    T z{};
    if constexpr (has_two_results(M)) {
      y = activation_slope<own>(e.a[i]) * e.b[i] * e.c[i];
      z = activation<own>(e.a[i]) * e.c[i];
    } else if constexpr (M == Map::scale) {
      y = e.factor * e.a[i];
    } else if constexpr (M == Map::soft_cap) {
      y = e.factor * std::tanh(e.a[i] * (T{1} / e.factor));
    } else if constexpr (M == Map::sum) {
      y = e.a[i] + e.b[i];
    } else if constexpr (M == Map::scaled_sum) {
      y = e.a[i] + e.factor * e.b[i];
    } else if constexpr (M == Map::soft_cap_gradient) {
      y = soft_cap_slope(e.a[i], e.factor) * e.b[i];
    } else if constexpr (is_gated(M)) {
      y = activation<own>(e.a[i]) * e.b[i];
    } else if constexpr (inputs_of(M) == 2) {
      y = activation_slope<own>(e.a[i]) * e.b[i];
    } else {
      y = value_of<M>(e.a[i]);
    }
    if (!has_two_results(M) || e.y != nullptr) {
      e.y[i] = e.add_y ? e.y[i] + y : y;
    }
    if (has_two_results(M) && e.z != nullptr) {
      e.z[i] = e.add_z ? e.z[i] + z : z;
    }
  }
}

template <class T>
void adamw(const AdamWStep<T>& s) noexcept {
  for (Index i = 0; i < s.count; ++i) {
    s.m[i] = s.b1 * s.m[i] + (T{1} - s.b1) * s.g[i];
    s.v[i] = s.b2 * s.v[i] + (T{1} - s.b2) * s.g[i] * s.g[i];
    s.p[i] = s.keep * s.p[i] - s.step_size * s.m[i] / (std::sqrt(s.v_scale * s.v[i]) + s.epsilon);
  }
}

template <class T>
void norm(const Norm<T>& n) noexcept {
  const T count = static_cast<T>(n.cols);
  for (Index row = 0; row < n.rows; ++row) {
    const T* const x = n.x + row * n.x_row;
    T mean{0};
    for (Index j = 0; n.mean != nullptr && j < n.cols; ++j) {
      mean += x[j] / count;
    }
    T square{0};
    for (Index j = 0; j < n.cols; ++j) {
      square += (x[j] - mean) * (x[j] - mean) / count;
    }
    const T inverse = T{1} / std::sqrt(square + n.epsilon);
    for (Index j = 0; j < n.cols; ++j) {
      n.y[row * n.y_row + j] = (x[j] - mean) * inverse * n.gain[j] + (n.bias != nullptr ? n.bias[j] : T{0});
    }
    n.inverse[row] = inverse;
    if (n.mean != nullptr) {
      n.mean[row] = mean;
    }
  }
}

template <class T>
void norm_gradient(const NormGradient<T>& n) noexcept {
  for (Index row = 0; row < n.rows; ++row) {
    const T* const dy = n.dy + row * n.dy_row;
    const auto h = [&](Index j) {
      return (n.x[row * n.x_row + j] - (n.mean != nullptr ? n.mean[row] : T{0})) * n.inverse[row];
    };
    T shift{0};
    T along{0};
    for (Index j = 0; j < n.cols; ++j) {
      shift += n.mean != nullptr ? dy[j] * n.gain[j] : T{0};
      along += dy[j] * n.gain[j] * h(j);
      if (n.dgain != nullptr) {
        n.dgain[j] += dy[j] * h(j);
      }
      if (n.dbias != nullptr) {
        n.dbias[j] += dy[j];
      }
    }
    for (Index j = 0; n.dx != nullptr && j < n.cols; ++j) {
      T& dx = n.dx[row * n.dx_row + j];
      const T value = (dy[j] * n.gain[j] - (shift + h(j) * along) / static_cast<T>(n.cols)) * n.inverse[row];
      dx = n.add ? dx + value : value;
    }
  }
}

template <class T>
void log_sum(const LogSum<T>& l) noexcept {
  for (Index row = 0; row < l.rows; ++row) {
    if (l.targets != nullptr && l.targets[row] < 0) {
      continue;
    }
    const T* const x = l.x + row * l.x_row;
    T maximum = l.maximum[row];
    for (Index j = 0; j < l.cols; ++j) {
      maximum = std::max(maximum, x[j]);
    }
    if (maximum == -std::numeric_limits<T>::infinity()) {
      continue;
    }
    T sum = l.sum[row] * std::exp(l.maximum[row] - maximum);
    for (Index j = 0; j < l.cols; ++j) {
      sum += std::exp(x[j] - maximum);
    }
    l.maximum[row] = maximum;
    l.sum[row] = sum;
  }
}

template <class T>
void softmax_gradient(const SoftmaxGradient<T>& s) noexcept {
  for (Index row = 0; row < s.rows; ++row) {
    for (Index j = 0; j < s.cols; ++j) {
      T value{0};
      if (s.targets[row] >= 0) {
        const T x = s.x[row * s.x_row + j];
        value = std::exp(x - s.log_sum[row]) - (s.targets[row] == s.first + j ? T{1} : T{0});
        value *= s.cap > T{0} ? soft_cap_slope(x, s.cap) : T{1};
      }
      T& y = s.y[row * s.y_row + j];
      y = (s.add ? y : T{0}) + value * s.scale;
    }
  }
}

}  // namespace ampsft::simd::detail::scalar
