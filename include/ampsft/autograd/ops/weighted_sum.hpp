// SPDX-License-Identifier: MIT
/// @file
/// A scalar from any matrix, for tests and custom losses.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

namespace ampsft {
namespace ops {

/// `y = sum_ij c_ij x_ij`, 1 x 1, with fixed weights `c`.
template <Scalar T>
struct WeightedSum {
  Variable<T> x;
  Matrix<T> c;

  [[nodiscard]] Index rows() const { return 1; }
  [[nodiscard]] Index cols() const { return 1; }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) const { map(y)(0, 0) = x.map().cwiseProduct(map(c)).sum(); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const { x.sink().add(map(dy)(0, 0) * map(c)); }
};

}  // namespace ops

/// The sum of the elements of `x`, each times the element of `c` at its place. Throws `Error` if the shapes differ.
template <Scalar T>
[[nodiscard]] Variable<T> weighted_sum(Variable<T> x, Matrix<T> c) {
  require(x.rows() == rows(c) && x.cols() == cols(c), "weighted_sum: ", rows(c), " x ", cols(c), " weights for ",
          x.rows(), " x ", x.cols(), " elements");
  return x.tape().apply(ops::WeightedSum<T>{x, std::move(c)});
}

AMPSFT_INSTANCE(Variable<float> weighted_sum(Variable<float>, Matrix<float>));
AMPSFT_INSTANCE(Variable<double> weighted_sum(Variable<double>, Matrix<double>));

}  // namespace ampsft
