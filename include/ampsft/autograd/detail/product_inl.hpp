// SPDX-License-Identifier: MIT
/// @file
/// Bodies of product.hpp.
#pragma once

#include <ampsft/autograd/linear_operator.hpp>
#include <ampsft/autograd/product.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/layer.hpp>

#include <array>

namespace ampsft {

template <Scalar T>
void Product<T>::output(const ConstMatrixMap<T>& rows, MatrixMap<T> y, WriteMode mode, const ConstMatrixMap<T>& bias,
                        Index first) const {
  if (frozen != nullptr) {
    frozen->output_part(first, rows, y, mode, scale, bias);
  } else {
    layer_output<T>(rows, w.map().middleRows(first, y.cols()), y, mode, scale, bias);
  }
}

template <Scalar T>
void Product<T>::input_gradient(const ConstMatrixMap<T>& dy, MatrixMap<T> dx, WriteMode mode, Index first) const {
  if (frozen != nullptr) {
    frozen->input_gradient_part(first, dy, dx, mode, scale);
  } else {
    layer_input_gradient<T>(dy, w.map().middleRows(first, dy.cols()), dx, mode, scale);
  }
}

template <Scalar T>
void Product<T>::weight_gradient(const ConstMatrixMap<T>& dy, const ConstMatrixMap<T>& rows, MatrixMap<T> dw,
                                 WriteMode mode) const {
  layer_weight_gradient<T>(dy, rows, dw, mode, scale);
}

template <Scalar T>
void require_terms(const ProductSum<T>& products, Variable<T> bias) {
  const auto& [first, second] = products;
  const auto whole = [](const Product<T>& product) {
    return static_cast<bool>(product.x) == (static_cast<bool>(product.w) || product.frozen != nullptr);
  };
  require(first && whole(first) && whole(second), "linear: a product needs both its input and its weight");
  for (const auto& product : products) {
    require(!product || (product.x.rows() == first.x.rows() && product.outputs() == first.outputs() &&
                         product.x.cols() == product.width()),
            "linear: an input of ", product ? product.x.rows() : 0, " x ", product ? product.x.cols() : 0,
            " does not fit a weight of ", product ? product.outputs() : 0, " x ", product ? product.width() : 0,
            " (outputs x inputs)");
  }
  require(!bias || (bias.rows() == 1 && bias.cols() == first.outputs()), "linear: the bias must be 1 x ",
          first.outputs());
}

template <Scalar T>
void column_sums(const ConstMatrixMap<T>& dy, MatrixMap<T> sum, WriteMode mode) {
  parallel_for(dy.cols(), 64, [&](Index begin, Index end) {
    auto part = sum.row(0).segment(begin, end - begin);
    if (mode == WriteMode::overwrite) {
      part.setZero();
    }
    for (Index row = 0; row < dy.rows(); ++row) {
      part += dy.row(row).segment(begin, end - begin);
    }
  });
}

AMPSFT_INSTANCE(struct Product<float>);
AMPSFT_INSTANCE(struct Product<double>);
AMPSFT_INSTANCE(void require_terms(const ProductSum<float>& products, Variable<float> bias));
AMPSFT_INSTANCE(void require_terms(const ProductSum<double>& products, Variable<double> bias));
AMPSFT_INSTANCE(void column_sums(const ConstMatrixMap<float>& dy, MatrixMap<float> sum, WriteMode mode));
AMPSFT_INSTANCE(void column_sums(const ConstMatrixMap<double>& dy, MatrixMap<double> sum, WriteMode mode));

}  // namespace ampsft
