// SPDX-License-Identifier: MIT
/// @file
/// The kernels in plain C++: for processors without any of the others, and the oracle that those are tested against.
#pragma once

#include <ampsft/simd/detail/arguments.hpp>

namespace ampsft::simd::detail::scalar {

template <class T, class W>
void expand(const Expand<T, W>& e) noexcept {
  constexpr Index panel = 64;
  T sum[panel];
  for (Index col = 0; col < e.cols; col += panel) {
    const Index count = std::min(panel, e.cols - col);
    for (Index row = 0; row < e.rows; ++row) {
      for (Index j = 0; j < count; ++j) {
        sum[j] = e.mean[col + j];
        if (e.base != nullptr) {
          sum[j] += static_cast<T>(e.base[row * e.base_row + col + j]);
        }
      }
      for (Index k = 0; k < e.depth; ++k) {
        const T a = e.a[row * e.a_row + k * e.a_depth];
        for (Index j = 0; j < count; ++j) {
          sum[j] += a * e.p[k * e.p_depth + col + j];
        }
      }
      for (Index j = 0; j < count; ++j) {
        e.w[row * e.w_row + col + j] = static_cast<W>(sum[j]);
      }
    }
  }
}

template <class T, class X>
void dot(const Contract<T, X>& c) noexcept {
  for (Index row = 0; row < c.rows; ++row) {
    const X* const x = c.x + row * c.x_row;
    const auto value = [&](Index j) { return static_cast<T>(x[j]) - (c.mean != nullptr ? c.mean[j] : T{0}); };
    for (Index k = 0; k < c.rank; ++k) {
      T sum{0};
      for (Index j = 0; j < c.cols; ++j) {
        sum += value(j) * c.p[k * c.p_row + j];
      }
      T& s = c.s[row * c.s_row + k];
      s = c.accumulate ? s + sum : sum;
    }
    if (c.squares != nullptr) {
      for (Index j = 0; j < c.cols; ++j) {
        c.squares[row] += value(j) * value(j);
      }
    }
  }
}

template <class T>
void residual(const Residual<T>& e) noexcept {
  for (Index row = 0; row < e.rows; ++row) {
    T norm{0};
    for (Index k = 0; k < e.rank; ++k) {
      norm += e.s[row * e.s_row + k] * e.s[row * e.s_row + k];
    }
    e.squares[row] = std::max(e.squares[row] - norm, T{0});  // in this order, what is no number stays so
  }
}

template <class T, class X>
void stage(const Stage<T, X>& g) noexcept {
  for (Index row = 0; row < g.rows; ++row) {
    for (Index j = 0; j < g.cols; ++j) {
      const T value = static_cast<T>(g.x[row * g.x_row + j]) - (g.mean != nullptr ? g.mean[j] : T{0});
      g.out[row * g.out_row + j] = value;
      if (g.squares != nullptr) {
        g.squares[row] += value * value;
      }
    }
  }
}

inline constexpr Index gram_panel = 16;

template <class T>
void panels(const Panels<T>& p) noexcept {
  for (Index row = 0; row < p.rows; ++row) {
    for (Index col = 0; col < round_up(p.cols, p.panel); ++col) {
      const T value = col < p.cols ? (p.x[row * p.x_row + col] - p.mean[col]) * p.scale : T{0};
      p.to[col / p.panel * p.p_panel + row * p.panel + col % p.panel] = value;
      p.column_sums[col] += static_cast<double>(value);
    }
  }
}

template <class T>
void gram(const Gram<T>& g) noexcept {
  T sum[gram_panel];
  double* sums = g.sums;
  for (Index i = g.row; i < g.end_row; ++i, sums += g.sums_row) {
    const T* a = g.panels + i / gram_panel * g.p_panel + i % gram_panel;
    const T* b = g.panels + g.col / gram_panel * g.p_panel;
    std::fill_n(sum, gram_panel, T{0});
    for (Index k = 0; k < g.rows; ++k, a += gram_panel, b += gram_panel) {
      for (Index c = 0; c < gram_panel; ++c) {
        sum[c] += *a * b[c];
      }
    }
    for (Index c = 0; c < gram_panel; ++c) {
      sums[c] += static_cast<double>(sum[c]);
    }
  }
}

inline constexpr Index gemm_panel = 16;
inline constexpr Index gemm_rows = 4;

template <class T>
void gemm(const Gemm<T>& g) noexcept {
  T sum[gemm_panel];
  for (Index i = 0; i < g.rows; ++i) {
    const T* const a = g.a + i / gemm_rows * g.a_strip + i % gemm_rows * g.a_row;
    for (Index col = 0; col < g.cols; col += gemm_panel) {
      const T* const b = g.b + col / gemm_panel * g.b_panel;
      std::fill_n(sum, gemm_panel, T{0});
      for (Index k = 0; k < g.depth; ++k) {
        for (Index j = 0; j < gemm_panel; ++j) {
          sum[j] += a[k * g.a_depth] * b[k * gemm_panel + j];
        }
      }
      T* const c = g.c + i * g.c_row + col;
      for (Index j = 0; j < std::min(gemm_panel, g.cols - col); ++j) {
        const T value = sum[j] + (g.bias != nullptr ? g.bias[col + j] : T{0});
        c[j] = g.accumulate ? c[j] + value : value;
      }
    }
  }
}

}  // namespace ampsft::simd::detail::scalar
