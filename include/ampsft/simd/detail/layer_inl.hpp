// SPDX-License-Identifier: MIT
/// @file
/// Which kernel fits which product of a layer.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/gemm.hpp>
#include <ampsft/simd/layer.hpp>
#include <ampsft/simd/project.hpp>

#include <algorithm>

namespace ampsft {

template <Scalar T, Storage X>
void layer_output_of_few(const ConstView<T>& x, const std::type_identity_t<ConstView<X>>& w, View<T> y, WriteMode mode,
                         T scale, const ConstView<T>& bias) {
  require(y.rows() == x.rows() && y.cols() == w.rows(), "the output is ", y.rows(), " x ", y.cols(), ", expected ",
          x.rows(), " x ", w.rows());
  require(bias.rows() == 0 || (bias.rows() == 1 && bias.cols() == w.rows()), "the bias is ", bias.rows(), " x ",
          bias.cols(), ", expected 1 x ", w.rows());
  struct Transposed;
  const Index most = (Index{1} << 20) / std::max<Index>(x.rows(), 1);
  for (Index first = 0; first < w.rows(); first += most) {
    const Index count = std::min(most, w.rows() - first);
    MatrixMap<T> transposed(simd::detail::scratch<Transposed, T>(count * x.rows()), count, x.rows());
    project<T, X>(w.middleRows(first, count), x, transposed, WriteMode::overwrite, scale);
    auto part = y.middleCols(first, count);
    if (mode == WriteMode::add) {
      part += transposed.transpose();
    } else {
      part = transposed.transpose();
    }
    if (bias.rows() > 0) {
      part.rowwise() += bias.row(0).segment(first, count);
    }
  }
}

template <Scalar T>
void layer_output(const ConstView<T>& x, const ConstView<T>& w, std::type_identity_t<View<T>> y, WriteMode mode,
                  T scale, const std::type_identity_t<ConstView<T>>& bias) {
  if (w.cols() <= narrow) {
    factored_output<T>(x, w, y, mode, scale, bias);
  } else if (w.rows() <= narrow) {
    project<T>(x, w, y, mode, scale);
    if (bias.rows() > 0) {
      y.rowwise() += bias.row(0);
    }
  } else if (x.rows() <= few) {
    layer_output_of_few<T, T>(x, w, y, mode, scale, bias);
  } else {
    gemm<T>(Factor<T>::plain(x), Factor<T>::transposed(w), y, mode, scale, bias);
  }
}

template <Scalar T>
void layer_input_gradient(const ConstView<T>& dy, const ConstView<T>& w, std::type_identity_t<View<T>> dx,
                          WriteMode mode, T scale) {
  if (w.cols() <= narrow) {
    factored_input_gradient<T>(dy, w, dx, mode, scale);
  } else if (w.rows() <= narrow) {
    const ReconstructJob<T> job{dy, dx, mode == WriteMode::add ? MatrixRef<const T>(dx) : MatrixRef<const T>()};
    reconstruct<T>(std::span<const ReconstructJob<T>>(&job, 1), w, ConstMatrixMap<T>(nullptr, 0, w.cols()), scale);
  } else {
    gemm<T>(Factor<T>::plain(dy), Factor<T>::plain(w), dx, mode, scale);
  }
}

template <Scalar T>
void layer_weight_gradient(const ConstView<T>& dy, const ConstView<T>& x, std::type_identity_t<View<T>> dw,
                           WriteMode mode, T scale) {
  if (x.cols() <= narrow) {
    factored_scores_gradient<T>(dy, x, dw, mode, scale);
  } else if (dy.cols() <= narrow) {
    factored_basis_gradient<T>(x, dy, dw, mode, scale);
  } else {
    gemm<T>(Factor<T>::transposed(dy), Factor<T>::plain(x), dw, mode, scale);
  }
}

AMPSFT_INSTANCE(void layer_output_of_few<float, float>(const ConstView<float>&, const ConstView<float>&, View<float>,
                                                       WriteMode, float, const ConstView<float>&));
AMPSFT_INSTANCE(void layer_output_of_few<float, BFloat16>(const ConstView<float>&, const ConstView<BFloat16>&,
                                                          View<float>, WriteMode, float, const ConstView<float>&));
AMPSFT_INSTANCE(void layer_output_of_few<double, double>(const ConstView<double>&, const ConstView<double>&,
                                                         View<double>, WriteMode, double, const ConstView<double>&));
AMPSFT_INSTANCE(void layer_output(const ConstView<float>& x, const ConstView<float>& w,
                                  std::type_identity_t<View<float>> y, WriteMode mode, float scale,
                                  const std::type_identity_t<ConstView<float>>& bias));

AMPSFT_INSTANCE(void layer_output(const ConstView<double>& x, const ConstView<double>& w,
                                  std::type_identity_t<View<double>> y, WriteMode mode, double scale,
                                  const std::type_identity_t<ConstView<double>>& bias));

AMPSFT_INSTANCE(void layer_input_gradient(const ConstView<float>& dy, const ConstView<float>& w,
                                          std::type_identity_t<View<float>> dx, WriteMode mode, float scale));

AMPSFT_INSTANCE(void layer_input_gradient(const ConstView<double>& dy, const ConstView<double>& w,
                                          std::type_identity_t<View<double>> dx, WriteMode mode, double scale));

AMPSFT_INSTANCE(void layer_weight_gradient(const ConstView<float>& dy, const ConstView<float>& x,
                                           std::type_identity_t<View<float>> dw, WriteMode mode, float scale));

AMPSFT_INSTANCE(void layer_weight_gradient(const ConstView<double>& dy, const ConstView<double>& x,
                                           std::type_identity_t<View<double>> dw, WriteMode mode, double scale));

}  // namespace ampsft
