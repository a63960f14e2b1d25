// SPDX-License-Identifier: MIT
/// @file
/// Gradients of weights to gradients of scores, `dS = dW B'` (paper 72, "How It Works", step 6), and the other way into
/// the basis, `S = (W - 1 mu') B'` (step 4).
///
/// Letters, layouts, threads and errors as in simd/reconstruct.hpp; the long rows may be bfloat16. Cost: `n d K`
/// multiply-adds, `n d` elements read once; a copy of `B` is packed in a buffer that the thread keeps.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/detail/run_contract.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <span>

namespace ampsft {

/// Many matrices of different row counts, one basis: `dS_i = scale dW_i B'`, or added to `dS_i`.
template <Scalar T, Storage X = T>
void project(std::span<const ProjectJob<T, X>> jobs, const ConstView<T>& components,
             WriteMode mode = WriteMode::overwrite, T scale = T{1}) {
  static_assert(std::same_as<T, X> || std::same_as<T, float>, "bfloat16 is computed in float");
  namespace kernel = simd::detail;
  for (const auto& [gradient, scores] : jobs) {
    kernel::require_scores(scores.rows, scores.cols, components.rows(), components.cols(), gradient.rows,
                           gradient.cols);
  }
  kernel::run_contract(jobs, components.cols(), components.rows(),
                       kernel::Strided<T>{components.data(), components.outerStride(), 1, scale},
                       static_cast<const T*>(nullptr), mode == WriteMode::add);
}

/// `dS = scale dW B'`, or added to `dS`.
template <Scalar T, Storage X = T>
void project(const std::type_identity_t<ConstView<X>>& gradient, const ConstView<T>& components,
             std::type_identity_t<View<T>> scores, WriteMode mode = WriteMode::overwrite, T scale = T{1}) {
  const ProjectJob<T, X> job{gradient, scores};
  project<T, X>(std::span<const ProjectJob<T, X>>(&job, 1), components, mode, scale);
}

/// `dS = dW B'` and, in the same reading of `dW`, the sums `dW mu'` that a mean needs: `sums`, `1 x n`.
///
/// Shapes: gradient `n x d`, components `K x d`, mean `1 x d`, scores `n x K`. With `x` for `dW` these are `z = x B'`
/// and `c = x mu'` of the truncated form. Cost: `n d (K + 1)` multiply-adds.
template <Scalar T>
void project_with_mean(const ConstView<T>& gradient, const ConstView<T>& components, const ConstView<T>& mean,
                       View<T> scores, std::type_identity_t<MatrixRef<T>> sums, WriteMode mode = WriteMode::overwrite) {
  namespace kernel = simd::detail;
  const Index rank = components.rows();
  const Index count = gradient.rows();
  kernel::require_scores(scores.rows(), scores.cols(), rank, components.cols(), count, gradient.cols());
  require(mean.rows() == 1 && mean.cols() == components.cols(), "the mean is ", mean.rows(), " x ", mean.cols(),
          ", expected 1 x ", components.cols());
  require(sums.rows == 1 && sums.cols == count, "the sums are ", sums.rows, " x ", sums.cols, ", expected 1 x ", count);
  struct Both;
  struct Block;
  constexpr Index block = kernel::block_rows;
  const Index wide = rank + 1;  // the mean as one more component
  MatrixMap<T> both(kernel::scratch<Both, T>(wide * components.cols()), wide, components.cols());
  both.topRows(rank) = components;
  both.row(rank) = mean.row(0);
  kernel::with_level([&](auto code) {
    using Code = decltype(code);
    const kernel::ContractFactor<Code, T> factor({both.data(), both.outerStride(), 1}, wide, both.cols(), count);
    const Index grain = kernel::grain_of(wide * both.cols() * block);
    parallel_for((count + block - 1) / block, grain, [&](Index begin, Index end) {
      T* const buffer = kernel::scratch<Block, T>(block * wide);
      for (Index row = begin * block; row < std::min(end * block, count); row += block) {
        const Index height = std::min(block, count - row);
        kernel::contract_rows<Code, T, T>(
            {gradient.data() + row * gradient.outerStride(), height, both.cols(), gradient.outerStride()},
            {buffer, height, wide, wide}, factor, nullptr, nullptr, false, std::min(end * block, count) - row);
        for (Index r = 0; r < height; ++r) {
          const T* const from = buffer + r * wide;
          T* const to = scores.data() + (row + r) * scores.outerStride();
          for (Index k = 0; k < rank; ++k) {
            to[k] = mode == WriteMode::add ? to[k] + from[k] : from[k];
          }
          sums.data[row + r] = mode == WriteMode::add ? sums.data[row + r] + from[rank] : from[rank];
        }
      }
    });
  });
}

/// ``S_i = (W_i - 1 mu') B'`` for many matrices of different row counts and one basis. The mean is taken away first,
/// not `mu B'` afterwards: that would cancel when the mean is large.
///
/// `residuals` of a job, `1 x n` or without rows: the squared norm of what the basis misses of each row,
/// `|w - mu|^2 - |s|^2`, for orthonormal components; it costs no further pass. Each is good to rounding of `|w -
/// mu|^2`.
template <Scalar T, Storage X = T>
void extract(std::span<const ExtractJob<T, X>> jobs, const ConstView<T>& components, const ConstView<T>& mean) {
  static_assert(std::same_as<T, X> || std::same_as<T, float>, "bfloat16 is computed in float");
  namespace kernel = simd::detail;
  kernel::require_mean<T>(mean, components.cols());
  for (const auto& [weights, scores, residuals] : jobs) {
    kernel::require_scores(scores.rows, scores.cols, components.rows(), components.cols(), weights.rows, weights.cols);
    require(residuals.rows == 0 || (residuals.rows == 1 && residuals.cols == weights.rows), "the residuals are ",
            residuals.rows, " x ", residuals.cols, ", expected 1 x ", weights.rows, " or no rows");
  }
  kernel::run_contract(jobs, components.cols(), components.rows(),
                       kernel::Strided<T>{components.data(), components.outerStride(), 1},
                       kernel::data_or_null<T>(mean), false);
}

/// `S = (W - 1 mu') B'` of one matrix, and its residuals.
template <Scalar T, Storage X = T>
void extract(const std::type_identity_t<ConstView<X>>& weights, const ConstView<T>& components,
             const ConstView<T>& mean, std::type_identity_t<View<T>> scores,
             std::type_identity_t<MatrixRef<T>> residuals = {}) {
  const ExtractJob<T, X> job{weights, scores, residuals};
  extract<T, X>(std::span<const ExtractJob<T, X>>(&job, 1), components, mean);
}

AMPSFT_INSTANCE(void project_with_mean(const ConstView<float>&, const ConstView<float>&, const ConstView<float>&,
                                       View<float>, MatrixRef<float>, WriteMode));
AMPSFT_INSTANCE(void project_with_mean(const ConstView<double>&, const ConstView<double>&, const ConstView<double>&,
                                       View<double>, MatrixRef<double>, WriteMode));

}  // namespace ampsft
