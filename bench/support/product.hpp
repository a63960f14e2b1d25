// SPDX-License-Identifier: MIT
/// @file
/// The task that all peers get: `C = op(A) op(B) + 1 bias'`, row-major without gaps, into an output that exists.
#pragma once

#include <ampsft/core/half.hpp>
#include <ampsft/core/parallel_for.hpp>

#include <algorithm>
#include <type_traits>
#include <vector>

namespace bench {

using ampsft::Index;

template <class T>
struct Product {
  Index rows = 0;  ///< of C and op(A)
  Index cols = 0;  ///< of C and op(B)
  Index depth = 0;
  const T* a = nullptr;     ///< rows x depth, or depth x rows where it is transposed
  const T* b = nullptr;     ///< depth x cols, or cols x depth where it is transposed
  const T* bias = nullptr;  ///< cols, or none
  T* c = nullptr;           ///< rows x cols
  bool a_transposed = false;
  bool b_transposed = false;

  /// The same for some rows of C, written to `to`. A must not be transposed.
  [[nodiscard]] Product part(Index first, Index count, T* to) const {
    Product some = *this;
    some.rows = count;
    some.a = a + first * depth;
    some.c = to;
    return some;
  }
  [[nodiscard]] Product part(Index first, Index count) const { return part(first, count, c + first * cols); }
};

/// Rows of C become the bias; what a product with `beta` = 1 is then added to.
template <class T>
void fill_with_bias(const Product<T>& p) {
  for (Index row = 0; row < p.rows; ++row) {
    std::copy_n(p.bias, p.cols, p.c + row * p.cols);
  }
}

/// Calls `body(first, count)` for blocks of `block` rows (the last may be smaller), spread over the threads.
template <class Body>
void in_blocks(Index rows, Index block, Body&& body) {
  ampsft::parallel_for((rows + block - 1) / block, 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      body(i * block, std::min(block, rows - i * block));
    }
  });
}

/// `[A 1] [B; bias]`: the bias as one more line of B, which spares the pass that fills C.
template <class T>
class Augmented {
 public:
  /// Copies the operands; neither may be transposed.
  const Product<T>& of(const Product<T>& p) {
    const Index depth = p.depth + 1;
    a_.resize(static_cast<std::size_t>(p.rows * depth));
    b_.resize(static_cast<std::size_t>(p.cols * depth));
    std::copy_n(p.b, p.depth * p.cols, b_.data());
    std::copy_n(p.bias, p.cols, b_.data() + p.depth * p.cols);
    for (Index row = 0; row < p.rows; ++row) {
      std::copy_n(p.a + row * p.depth, p.depth, a_.data() + row * depth);
      a_[static_cast<std::size_t>(row * depth + p.depth)] = T{1};
    }
    product_ = p;
    product_.depth = depth;
    product_.a = a_.data();
    product_.b = b_.data();
    product_.bias = nullptr;
    return product_;
  }

 private:
  std::vector<T> a_;
  std::vector<T> b_;
  Product<T> product_;
};

/// Rounds a block that lies in a cache.
inline void round_to(const float* from, Index count, ampsft::BFloat16* to) {
  auto* const bits = reinterpret_cast<std::uint16_t*>(to);
  for (Index i = 0; i < count; ++i) {
    bits[i] = ampsft::float_to_bf16(from[i]);
  }
}

/// `C` in bfloat16: `serial(part)` makes blocks of rows in a buffer of this thread, which are rounded from there.
template <class Serial>
void in_rounded_blocks(const Product<float>& p, ampsft::BFloat16* to, Serial&& serial) {
  constexpr Index block = 32;
  in_blocks(p.rows, block, [&](Index first, Index count) {
    static thread_local std::vector<float> buffer;
    buffer.resize(static_cast<std::size_t>(block * p.cols));
    serial(p.part(first, count, buffer.data()));
    round_to(buffer.data(), count * p.cols, to + first * p.cols);
  });
}

}  // namespace bench
