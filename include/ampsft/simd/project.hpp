// SPDX-License-Identifier: MIT
/// @file
/// Gradients of weights to gradients of scores, `dS = dW B'` (paper 72, "How It Works", step 6), and the other way into
/// the basis, `S = (W - 1 mu') B'` (step 4).
///
/// Letters, layouts, threads and errors as in simd/reconstruct.hpp; the long rows may be bfloat16. Cost: `n d K`
/// multiply-adds, `n d` elements read once; a copy of `B` is packed in a buffer that the thread keeps.
#pragma once

#include <ampsft/simd/detail/run_contract.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <span>

namespace ampsft {

/// Many matrices of different row counts, one basis: `dS_i = scale dW_i B'`, or added to `dS_i`.
template <Scalar T, Storage X = T>
void project(std::span<const ProjectJob<T, X>> jobs, const ConstView<T>& components, Into into = Into::overwrite,
             T scale = T{1}) {
  namespace kernel = simd::detail;
  for (const auto& [gradient, scores] : jobs) {
    kernel::require_scores(scores.rows, scores.cols, components.rows(), components.cols(), gradient.rows,
                           gradient.cols);
  }
  kernel::run_contract<T, X>(jobs, components.cols(), components.rows(),
                             {components.data(), components.outerStride(), 1, scale}, nullptr, into == Into::add);
}

/// `dS = scale dW B'`, or added to `dS`.
template <Scalar T, Storage X = T>
void project(const std::type_identity_t<ConstView<X>>& gradient, const ConstView<T>& components,
             std::type_identity_t<View<T>> scores, Into into = Into::overwrite, T scale = T{1}) {
  const ProjectJob<T, X> job{gradient, scores};
  project<T, X>(std::span<const ProjectJob<T, X>>(&job, 1), components, into, scale);
}

/// `S = (W - 1 mu') B'`. The mean is taken away first, not `mu B'` afterwards: that would cancel when the mean is
/// large.
///
/// `residuals`, `1 x n` or without rows: the squared norm of what the basis misses of each row,
/// `|w - mu|^2 - |s|^2`, for orthonormal components; it costs no further pass. Each is good to rounding of `|w -
/// mu|^2`.
template <Scalar T, Storage X = T>
void extract(const std::type_identity_t<ConstView<X>>& weights, const ConstView<T>& components,
             const ConstView<T>& mean, std::type_identity_t<View<T>> scores,
             std::type_identity_t<MatrixRef<T>> residuals = {}) {
  namespace kernel = simd::detail;
  kernel::require_mean<T>(mean, components.cols());
  kernel::require_scores(scores.rows(), scores.cols(), components.rows(), components.cols(), weights.rows(),
                         weights.cols());
  require(residuals.rows == 0 || (residuals.rows == 1 && residuals.cols == weights.rows()), "the residuals are ",
          residuals.rows, " x ", residuals.cols, ", expected 1 x ", weights.rows(), " or no rows");
  T* const squares = residuals.rows == 1 ? residuals.data : nullptr;
  const ProjectJob<T, X> job{weights, scores};
  kernel::run_contract<T, X>(std::span<const ProjectJob<T, X>>(&job, 1), components.cols(), components.rows(),
                             {components.data(), components.outerStride(), 1}, kernel::data_or_null<T>(mean), false,
                             squares);
  if (squares != nullptr) {
    for (Index row = 0; row < weights.rows(); ++row) {
      // in this order, so that what is no number stays so
      squares[row] = std::max(squares[row] - scores.row(row).squaredNorm(), T{0});
    }
  }
}

}  // namespace ampsft
