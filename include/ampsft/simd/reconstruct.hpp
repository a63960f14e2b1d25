// SPDX-License-Identifier: MIT
/// @file
/// Weights from scores: `W = base + scale S B + 1 mu'` (paper 72, "How It Works", step 6).
///
/// Letters as in the paper: weights `W` `n x d`, components `B` `K x d`, mean `mu` `1 x d` or without rows where there
/// is none, scores `S` `n x K`. All matrices are row-major, rows any distance apart, at any address; `W` may be
/// bfloat16, the arithmetic is `T`'s (rounded to nearest; a processor that converts by itself may take subnormal
/// results for zero). Outputs must not overlap inputs, except that `base` may be `W` itself. Rows are spread over
/// threads; each element is computed alike whatever the thread count. All throw `Error` if the shapes do not match.
/// Cost: `n d K` multiply-adds, `n d` elements written (past the cache when that is where they end up); a copy of `B`
/// is packed in a buffer that the thread keeps.
#pragma once

#include <ampsft/simd/detail/run_expand.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <span>

namespace ampsft {

/// How results are stored: `automatic` passes the cache from 16 MiB of output on, unless it is added to what is there
/// (which brings it into the cache).
enum class Stores { automatic, cached, streaming };

/// Many matrices of different row counts, one basis: `W_i = base_i + scale S_i B + 1 mu'`. One call spreads all rows
/// over the threads, so that no matrix is too small to help.
template <Scalar T, Storage W = T>
void reconstruct(std::span<const ReconstructJob<T, W>> jobs, const ConstView<T>& components, const ConstView<T>& mean,
                 T scale = T{1}, Stores stores = Stores::automatic) {
  static_assert(std::same_as<T, W> || std::same_as<T, float>, "bfloat16 is computed in float");
  namespace kernel = simd::detail;
  const Index width = components.cols();
  kernel::require_mean<T>(mean, width);
  Index bytes = 0;  // of output that is only written
  for (const auto& [scores, weights, base] : jobs) {
    kernel::require_scores(scores.rows, scores.cols, components.rows(), width, weights.rows, weights.cols);
    require(base.rows == 0 || (base.rows == weights.rows && base.cols == width), "the base is ", base.rows, " x ",
            base.cols, ", expected ", weights.rows, " x ", width, " or no rows");
    const bool in_place = base.rows > 0 && base.data == weights.data;
    bytes += in_place ? 0 : weights.rows * width * static_cast<Index>(sizeof(W));
  }
  kernel::Expand<T, W> common;
  common.cols = width;
  common.depth = components.rows();
  common.a_depth = 1;
  common.mean = kernel::data_or_null<T>(mean);
  const bool streaming =
      stores == Stores::streaming || (stores == Stores::automatic && bytes >= kernel::streaming_threshold);
  kernel::run_expand<T, W>(jobs, common, {components.data(), components.outerStride(), 1, scale}, streaming);
}

/// `W = S B + 1 mu'`.
template <Scalar T, Storage W = T>
void reconstruct(const ConstView<T>& scores, const ConstView<T>& components, const ConstView<T>& mean,
                 std::type_identity_t<View<W>> weights, Stores stores = Stores::automatic) {
  const ReconstructJob<T, W> job{scores, weights};
  reconstruct<T, W>(std::span<const ReconstructJob<T, W>>(&job, 1), components, mean, T{1}, stores);
}

/// `W = base + scale S B + 1 mu'`; with `base` = `W`, `W += scale S B`.
template <Scalar T, Storage W = T>
void reconstruct_onto(const std::type_identity_t<ConstView<W>>& base, T scale, const ConstView<T>& scores,
                      const ConstView<T>& components, const ConstView<T>& mean, std::type_identity_t<View<W>> weights,
                      Stores stores = Stores::automatic) {
  const ReconstructJob<T, W> job{scores, weights, base};
  reconstruct<T, W>(std::span<const ReconstructJob<T, W>>(&job, 1), components, mean, scale, stores);
}

}  // namespace ampsft
