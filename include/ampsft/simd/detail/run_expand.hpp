// SPDX-License-Identifier: MIT
/// @file
/// `Expand` from one call on many matrices to kernels on blocks of rows: packs once, spreads rows over threads.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/detail/rows.hpp>
#include <ampsft/simd/detail/stream.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <span>

namespace ampsft::simd::detail {

/// `W = base + A P + 1 mean'` for every job; `e` holds what is common.
template <class T, class W>
void run_expand(std::span<const ReconstructJob<T, W>> jobs, const Expand<T, W>& e, const Strided<T>& p,
                bool streaming) {
  Index rows = 0;
  bool has_base = false;  // which may be W itself: then columns must not be done twice
  for (const auto& job : jobs) {
    rows += job.weights.rows;
    has_base = has_base || job.base.rows > 0;
  }
  if (rows == 0 || e.cols == 0) {
    return;
  }
  with_level([&](auto code) {
    using Code = decltype(code);
    constexpr Index panel = Code::template panel<T>;
    constexpr Index worth_packing = 32;  // rows
    Expand<T, W> common = e;
    constexpr Index few_limit = std::same_as<T, double> ? 0 : Code::few_limit;
    const bool in_panels = Code::packs && !streaming && rows >= worth_packing && (e.depth > few_limit || has_base);
    const bool overlap =
        Code::packs && !streaming && !has_base && e.cols > panel && e.cols % panel > Code::template lanes<T>;
    common.p_panel = panel;
    if (in_panels || streaming || !p.in_place()) {
      struct Use;
      // Else one panel as wide as the matrix, not a power of 2, whose lines would fall on the same places of a cache.
      const Index width = in_panels ? panel : round_up(e.cols, 16) + 16;
      T* const packed = scratch<Use, T>(round_up(e.cols, width) * e.depth);
      pack_panels(p, e.depth, e.cols, width, in_panels && overlap, packed);
      common.p = packed;
      common.p_depth = width;
      common.p_panel = in_panels ? width * e.depth : panel;
    } else {
      common.p = p.data;
      common.p_depth = p.k_stride;
    }
    if (overlap) {
      common.p_last = in_panels ? common.p + e.cols / panel * common.p_panel : common.p + e.cols - panel;
    }
    if (common.mean == nullptr) {
      struct Use;
      T* const zeros = scratch<Use, T>(e.cols);
      std::fill_n(zeros, e.cols, T{0});
      common.mean = zeros;
    }
    common.native_bf16 = std::same_as<W, BFloat16> && converts_bf16();
    const auto rows_of = [](const ReconstructJob<T, W>& job) { return job.weights.rows; };
    for_rows(jobs, e.depth * e.cols, rows_of, [&](const ReconstructJob<T, W>& job, Index first, Index count) {
      Expand<T, W> part = common;
      part.rows = count;
      part.a = job.scores.data + first * job.scores.stride;
      part.a_row = job.scores.stride;
      part.base = job.base.rows > 0 ? job.base.data + first * job.base.stride : nullptr;
      part.base_row = job.base.stride;
      part.w = job.weights.data + first * job.weights.stride;
      part.w_row = job.weights.stride;
      if (streaming) {
        expand_streaming<Code>(part);
        streaming_fence();
      } else {
        Code::expand(part);
      }
    });
  });
}

AMPSFT_INSTANCE(void run_expand(std::span<const ReconstructJob<float>>, const Expand<float, float>&,
                                const Strided<float>&, bool));
AMPSFT_INSTANCE(void run_expand(std::span<const ReconstructJob<double>>, const Expand<double, double>&,
                                const Strided<double>&, bool));
AMPSFT_INSTANCE(void run_expand(std::span<const ReconstructJob<float, BFloat16>>, const Expand<float, BFloat16>&,
                                const Strided<float>&, bool));

}  // namespace ampsft::simd::detail
