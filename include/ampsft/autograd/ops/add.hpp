// SPDX-License-Identifier: MIT
/// @file
/// The residual connection.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/elementwise.hpp>

namespace ampsft {
namespace ops {

/// `y = a + b`.
template <Scalar T>
struct Add {
  Variable<T> a;
  Variable<T> b;

  [[nodiscard]] Index rows() const { return a.rows(); }
  [[nodiscard]] Index cols() const { return a.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(a, NeedsInput::shape);
    visit(b, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) const { ampsft::add<T>(a.map(), b.map(), map(y)); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    for (const auto& input : {a, b}) {
      if (input.requires_grad()) {
        const auto sink = input.sink();
        accumulate<T>(map(dy), sink.map(), sink.mode());
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
