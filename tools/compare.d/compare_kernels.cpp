// SPDX-License-Identifier: MIT
/// @file
/// The library's kernels behind a C interface, so that a script can measure them beside its peers.
///
/// All matrices are float, row-major, `stride` elements from row to row. Functions return null, or what went wrong.
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/level.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include <exception>
#include <string>

namespace {

using namespace ampsft;

ConstStridedMap<float> in(const float* data, Index rows, Index cols, Index stride) {
  return {data, data != nullptr ? rows : 0, cols, Eigen::OuterStride<>(stride)};
}

StridedMap<float> out(float* data, Index rows, Index cols, Index stride) {
  return {data, rows, cols, Eigen::OuterStride<>(stride)};
}

template <class Body>
const char* guarded(Body&& body) noexcept {
  static thread_local std::string message;
  try {
    body();
    return nullptr;
  } catch (const std::exception& error) {
    message = error.what();
    return message.c_str();
  }
}

}  // namespace

extern "C" {

/// The instruction set that the kernels found at run time.
const char* compare_level() {
  return simd::name(simd::level()).data();  // a literal: ends in zero
}

const char* compare_set_threads(int count) {
  return guarded([&] { set_thread_count(count); });
}

/// `W = S B + mu`; `mu` may be null.
const char* compare_reconstruct(Index rows, Index cols, Index rank, const float* scores, Index scores_stride,
                                const float* components, Index components_stride, const float* mean, float* weights,
                                Index weights_stride) {
  return guarded([&] {
    reconstruct<float>(in(scores, rows, rank, scores_stride), in(components, rank, cols, components_stride),
                       in(mean, 1, cols, cols), out(weights, rows, cols, weights_stride));
  });
}

/// `dS = dW B'`.
const char* compare_project(Index rows, Index cols, Index rank, const float* gradient, Index gradient_stride,
                            const float* components, Index components_stride, float* scores, Index scores_stride) {
  return guarded([&] {
    project<float>(in(gradient, rows, cols, gradient_stride), in(components, rank, cols, components_stride),
                   out(scores, rows, rank, scores_stride));
  });
}

/// `S = (W - mu) B'`; `mu` may be null, and so may `residuals` (one squared norm a row).
const char* compare_extract(Index rows, Index cols, Index rank, const float* weights, Index weights_stride,
                            const float* components, Index components_stride, const float* mean, float* scores,
                            Index scores_stride, float* residuals) {
  return guarded([&] {
    const Index residual_rows = residuals != nullptr ? 1 : 0;
    extract<float>(in(weights, rows, cols, weights_stride), in(components, rank, cols, components_stride),
                   in(mean, 1, cols, cols), out(scores, rows, rank, scores_stride),
                   MatrixRef<float>(residuals, residual_rows, rows, rows));
  });
}

}  // extern "C"
