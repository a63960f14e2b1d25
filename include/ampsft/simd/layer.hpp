// SPDX-License-Identifier: MIT
/// @file
/// The three products of a linear layer `y = scale x w' + 1 bias'`, each by the kernel that fits its shape.
///
/// Shapes: `x` `T x d`, `w` `n x d` (outputs x inputs), `y` `T x n`. Products with a side of at most 64, a rank, go to
/// the kernels of a layer in factors, outputs of few rows to one that reads the weight as it lies, others to `gemm`
/// (measured: bench/RESULTS.md). Errors as theirs.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/simd/arithmetic.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <type_traits>

namespace ampsft {

/// The widest side of a product that is taken for a rank.
inline constexpr Index narrow = 64;

/// The most rows of `x` that are few: `gemm` would pack all of the weight for them.
inline constexpr Index few = 16;

/// `y = scale x w' + 1 bias'`, or added to `y`, for few rows of `x`: computed as `y' = w x'`, which reads the rows of
/// the weight, `T` or bfloat16, once and in order, 2 to 4 times as fast as `gemm` where they come from memory. Each
/// thread that calls keeps up to 2^20 numbers.
template <Scalar T, Storage X>
void layer_output_of_few(const ConstView<T>& x, const std::type_identity_t<ConstView<X>>& w, View<T> y, WriteMode mode,
                         T scale, const ConstView<T>& bias);

/// `y = scale x w' + 1 bias'`, or added to `y`; the bias is `1 x n` or has no rows.
template <Scalar T>
void layer_output(const ConstView<T>& x, const ConstView<T>& w, std::type_identity_t<View<T>> y,
                  WriteMode mode = WriteMode::overwrite, T scale = T{1},
                  const std::type_identity_t<ConstView<T>>& bias = ConstMatrixMap<T>(nullptr, 0, 0));

/// `dx = scale dy w`, or added to `dx`.
template <Scalar T>
void layer_input_gradient(const ConstView<T>& dy, const ConstView<T>& w, std::type_identity_t<View<T>> dx,
                          WriteMode mode = WriteMode::overwrite, T scale = T{1});

/// `dw = scale dy' x`, or added to `dw`.
template <Scalar T>
void layer_weight_gradient(const ConstView<T>& dy, const ConstView<T>& x, std::type_identity_t<View<T>> dw,
                           WriteMode mode = WriteMode::overwrite, T scale = T{1});

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/simd/detail/layer_inl.hpp>
#endif
