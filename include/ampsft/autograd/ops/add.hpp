// SPDX-License-Identifier: MIT
/// @file
/// The residual connection.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

namespace ampsft {
namespace ops {

/// `y = a + b`.
template <Scalar T>
struct Add {
  Variable<T> a;
  Variable<T> b;

  [[nodiscard]] Index rows() const { return a.rows(); }
  [[nodiscard]] Index cols() const { return a.cols(); }
  [[nodiscard]] bool needs_gradient() const { return a.requires_grad() || b.requires_grad(); }

  void forward(Matrix<T>& y) const { map(y) = a.map() + b.map(); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    for (const auto& input : {a, b}) {
      if (input.requires_grad()) {
        input.sink().add(map(dy));
      }
    }
  }
};

}  // namespace ops

/// `a + b`, both of the same shape. Throws `Error` otherwise.
template <Scalar T>
[[nodiscard]] Variable<T> add(Variable<T> a, Variable<T> b) {
  require(a.rows() == b.rows() && a.cols() == b.cols(), "add: ", a.rows(), " x ", a.cols(), " and ", b.rows(), " x ",
          b.cols(), " differ in shape");
  return a.tape().apply(ops::Add<T>{a, b});
}

AMPSFT_INSTANCE(Variable<float> add(Variable<float>, Variable<float>));
AMPSFT_INSTANCE(Variable<double> add(Variable<double>, Variable<double>));

}  // namespace ampsft
