// SPDX-License-Identifier: MIT
/// @file
/// A layer in factors, `y = (x B') S'`, without its weight: the products on the side of few columns, forward and
/// backward.
///
/// Letters: `T` tokens, input `x` `T x d`, `z = x B'` `T x K`, scores `S` `n x K`, output `y` `T x n`. Two of the six
/// products have entry points of their own: `z = x B'` is `project`, and `dx += dz B` is `reconstruct_onto` with `base`
/// = `dx`. The long matrix (`x`, `y`, `dy`) may be bfloat16, the arithmetic is `T`'s. Layouts, threads and errors as in
/// simd/reconstruct.hpp. Cost: `T n K` multiply-adds each; the long matrix is read or written once. The two gradients
/// of the small factors widen bfloat16 in a buffer of 64 long rows a thread.
#pragma once

#include <ampsft/simd/detail/run_outer.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

namespace ampsft {

/// `y = scale z S' + 1 bias'`, or added to `y`; the bias is `1 x n` or has no rows.
template <Scalar T, Storage Y = T>
void factored_output(const ConstView<T>& z, const ConstView<T>& scores, std::type_identity_t<View<Y>> y,
                     WriteMode mode = WriteMode::overwrite, T scale = T{1},
                     const std::type_identity_t<ConstView<T>>& bias = ConstMatrixMap<T>(nullptr, 0, 0)) {
  static_assert(std::same_as<T, Y> || std::same_as<T, float>, "bfloat16 is computed in float");
  namespace kernel = simd::detail;
  require(z.rows() == y.rows() && z.cols() == scores.cols() && scores.rows() == y.cols(), "factored_output: z is ",
          z.rows(), " x ", z.cols(), ", the scores are ", scores.rows(), " x ", scores.cols(), ", y is ", y.rows(),
          " x ", y.cols());
  require(bias.rows() == 0 || (bias.rows() == 1 && bias.cols() == y.cols()), "factored_output: the bias must be 1 x ",
          y.cols());
  kernel::Expand<T, Y> common;
  common.cols = y.cols();
  common.depth = z.cols();
  common.mean = kernel::data_or_null<T>(bias);
  common.a_depth = 1;
  const ReconstructJob<T, Y> job{z, y, mode == WriteMode::add ? MatrixRef<const Y>(y) : MatrixRef<const Y>()};
  kernel::run_expand<T, Y>(std::span<const ReconstructJob<T, Y>>(&job, 1), common,
                           {scores.data(), 1, scores.outerStride(), scale}, false);
}

/// `dz = scale dy S`, or added to `dz`.
template <Scalar T, Storage Y = T>
void factored_input_gradient(const std::type_identity_t<ConstView<Y>>& dy, const ConstView<T>& scores,
                             std::type_identity_t<View<T>> dz, WriteMode mode = WriteMode::overwrite, T scale = T{1}) {
  static_assert(std::same_as<T, Y> || std::same_as<T, float>, "bfloat16 is computed in float");
  namespace kernel = simd::detail;
  require(dy.rows() == dz.rows() && dy.cols() == scores.rows() && dz.cols() == scores.cols(),
          "factored_input_gradient: dy is ", dy.rows(), " x ", dy.cols(), ", the scores are ", scores.rows(), " x ",
          scores.cols(), ", dz is ", dz.rows(), " x ", dz.cols());
  const ProjectJob<T, Y> job{dy, dz};
  kernel::run_contract(std::span<const ProjectJob<T, Y>>(&job, 1), dy.cols(), dz.cols(),
                       kernel::Strided<T>{scores.data(), 1, scores.outerStride(), scale},
                       static_cast<const T*>(nullptr), mode == WriteMode::add);
}

/// `dS = scale dy' z`, or added to `dS`. Needs a buffer of `n x K` that the thread keeps.
template <Scalar T, Storage Y = T>
void factored_scores_gradient(const std::type_identity_t<ConstView<Y>>& dy, const ConstView<T>& z,
                              std::type_identity_t<View<T>> d_scores, WriteMode mode = WriteMode::overwrite,
                              T scale = T{1}) {
  static_assert(std::same_as<T, Y> || std::same_as<T, float>, "bfloat16 is computed in float");
  namespace kernel = simd::detail;
  const Index outputs = d_scores.rows();
  const Index rank = d_scores.cols();
  require(dy.rows() == z.rows() && dy.cols() == outputs && z.cols() == rank, "factored_scores_gradient: dy is ",
          dy.rows(), " x ", dy.cols(), ", z is ", z.rows(), " x ", z.cols(), ", the scores' gradient is ", outputs,
          " x ", rank);
  struct Transposed;
  const Index stride = kernel::round_up(outputs, 16);
  T* const sum = kernel::scratch<Transposed, T>(rank * stride);  // K x n, so that the long side is contiguous
  kernel::run_outer<T, Y>(dy.rows(), rank, outputs, z.data(), z.outerStride(), dy.data(), dy.outerStride(), sum, stride,
                          false);
  const auto transposed = StridedMap<T>(sum, rank, outputs, Eigen::OuterStride<>(stride)).transpose();
  if (mode == WriteMode::add) {
    d_scores += scale * transposed;
  } else {
    d_scores = scale * transposed;
  }
}

/// `dB = scale dz' x`, or added to `dB`, for a basis (or LoRA's first factor) that is trained.
template <Scalar T, Storage X = T>
void factored_basis_gradient(const std::type_identity_t<ConstView<X>>& x, const ConstView<T>& dz,
                             std::type_identity_t<View<T>> d_components, WriteMode mode = WriteMode::overwrite,
                             T scale = T{1}) {
  static_assert(std::same_as<T, X> || std::same_as<T, float>, "bfloat16 is computed in float");
  const Index rank = d_components.rows();
  const Index width = d_components.cols();
  require(x.rows() == dz.rows() && x.cols() == width && dz.cols() == rank, "factored_basis_gradient: x is ", x.rows(),
          " x ", x.cols(), ", dz is ", dz.rows(), " x ", dz.cols(), ", the components' gradient is ", rank, " x ",
          width);
  struct Scaled;
  T* const scaled = simd::detail::scratch<Scaled, T>(dz.rows() * rank);
  MatrixMap<T>(scaled, dz.rows(), rank) = scale * dz;
  simd::detail::run_outer<T, X>(x.rows(), rank, width, scaled, rank, x.data(), x.outerStride(), d_components.data(),
                                d_components.outerStride(), mode == WriteMode::add);
}

}  // namespace ampsft
