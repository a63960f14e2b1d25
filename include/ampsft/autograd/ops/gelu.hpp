// SPDX-License-Identifier: MIT
/// @file
/// The Gaussian error linear unit, exact and in its tanh form.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/activations.hpp>

namespace ampsft {

namespace ops {

/// `y = gelu(x)`, elementwise.
template <Scalar T>
struct Gelu {
  Variable<T> x;
  GeluForm form;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::value);
  }

  void forward(Matrix<T>& y) const { ampsft::gelu<T>(x.map(), map(y), form); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const auto sink = x.sink();
    gelu_gradient<T>(x.map(), map(dy), sink.map(), form, sink.mode());
  }
};

}  // namespace ops

/// GELU of every element of `x`; the result has its shape.
template <Scalar T>
[[nodiscard]] Variable<T> gelu(Variable<T> x, GeluForm form = GeluForm::tanh) {
  return x.tape().apply(ops::Gelu<T>{x, form});
}

AMPSFT_INSTANCE(Variable<float> gelu(Variable<float>, GeluForm));
AMPSFT_INSTANCE(Variable<double> gelu(Variable<double>, GeluForm));

}  // namespace ampsft
