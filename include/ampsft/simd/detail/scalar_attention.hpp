// SPDX-License-Identifier: MIT
/// @file
/// The kernels of attention in plain C++: see scalar.hpp. Query by query, nothing is packed.
#pragma once

#include <ampsft/simd/detail/attention_arguments.hpp>

#include <cmath>
#include <limits>

namespace ampsft::simd::detail::scalar {

/// Calls `use(head, query, first key, end of keys)` for every query of the unit's blocks.
template <class T, class Use>
void for_each_query(const Attention<T>& a, Use&& use) {
  for (Index block = a.begin; block < a.end; ++block) {
    const AttentionBlock b = attention_block(a, block);
    for (Index query = b.start; query < b.start + b.count; ++query) {
      const Index end = a.offset() + query + 1;
      use(b.head, query, a.first != nullptr ? std::min<Index>(a.first[end - 1], end) : Index{0}, end);
    }
  }
}

template <class T>
T dot_of(const T* a, const T* b, Index width) noexcept {
  T sum{0};
  for (Index j = 0; j < width; ++j) {
    sum += a[j] * b[j];
  }
  return sum;
}

inline constexpr double log2_e = 1.4426950408889634074;

template <class T>
void attention_forward(const Attention<T>& a) noexcept {
  T* const p = a.scratch;
  for_each_query(a, [&](Index head, Index query, Index low, Index high) {
    const T* const q = a.q + query * a.q_row + head * a.width;
    T* const y = a.y + query * a.y_row + head * a.width;
    T maximum = -std::numeric_limits<T>::infinity();
    for (Index key = low; key < high; ++key) {
      p[key] = a.scale * static_cast<T>(log2_e) * dot_of(q, a.k + key * a.k_row, a.width);
      maximum = std::max(maximum, p[key]);
    }
    T sum{0};
    std::fill_n(y, a.width, T{0});
    for (Index key = low; key < high; ++key) {
      p[key] = std::exp2(p[key] - maximum);
      sum += p[key];
    }
    for (Index key = low; key < high; ++key) {
      for (Index j = 0; j < a.width; ++j) {
        y[j] += p[key] / sum * a.v[key * a.v_row + j];
      }
    }
    a.log_sum[head * a.queries + query] = low < high ? maximum + std::log2(sum) : T{0};
  });
}

template <class T>
void attention_backward(const AttentionGradient<T>& a) noexcept {
  const AttentionBackwardScratch<T> s(a.scratch, a.keys, a.width);
  T* const dk = s.dk.data;
  T* const dv = s.dv.data;
  std::fill_n(dk, a.keys * a.width, T{0});
  std::fill_n(dv, a.keys * a.width, T{0});
  for_each_query(a, [&](Index head, Index query, Index low, Index high) {
    const Index column = head * a.width;
    const T* const q = a.q + query * a.q_row + column;
    const T* const dy = a.dy + query * a.dy_row + column;
    T* const dq = a.dq != nullptr ? a.dq + query * a.dq_row + column : nullptr;
    if (dq != nullptr && !a.add_q) {
      std::fill_n(dq, a.width, T{0});
    }
    const T along = dot_of(dy, a.y + query * a.y_row + column, a.width);
    for (Index key = low; key < high; ++key) {
      const T* const k = a.k + key * a.k_row;
      const T score = a.scale * static_cast<T>(log2_e) * dot_of(q, k, a.width);
      const T p = std::exp2(score - a.log_sum[head * a.queries + query]);
      const T ds = p * (dot_of(dy, a.v + key * a.v_row, a.width) - along) * a.scale;
      for (Index j = 0; j < a.width; ++j) {
        dk[key * a.width + j] += ds * q[j];
        dv[key * a.width + j] += p * dy[j];
      }
      for (Index j = 0; dq != nullptr && j < a.width; ++j) {
        dq[j] += ds * k[j];
      }
    }
  });
  for (Index key = 0; key < a.keys; ++key) {
    for (Index j = 0; j < a.width; ++j) {
      if (a.dk != nullptr) {
        T& sum = a.dk[key * a.dk_row + j];
        sum = (a.add_k ? sum : T{0}) + dk[key * a.width + j];
      }
      if (a.dv != nullptr) {
        T& sum = a.dv[key * a.dv_row + j];
        sum = (a.add_v ? sum : T{0}) + dv[key * a.width + j];
      }
    }
  }
}

}  // namespace ampsft::simd::detail::scalar
