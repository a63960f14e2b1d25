// SPDX-License-Identifier: MIT
/// @file
/// The gated activation of Llama's MLP.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/activations.hpp>

namespace ampsft {
namespace ops {

/// `y = silu(gate) up`, elementwise (Shazeer 2020).
template <Scalar T>
struct Swiglu {
  Variable<T> gate;
  Variable<T> up;

  [[nodiscard]] Index rows() const { return gate.rows(); }
  [[nodiscard]] Index cols() const { return gate.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(gate, NeedsInput::value);
    visit(up, NeedsInput::value);
  }

  void forward(Matrix<T>& y) const { ampsft::swiglu<T>(gate.map(), up.map(), map(y)); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    SwigluGradients<T> to;
    if (gate.requires_grad()) {
      const auto sink = gate.sink();
      to.dgate = sink.map();
      to.mode_gate = sink.mode();
    }
    if (up.requires_grad()) {
      const auto sink = up.sink();
      to.dup = sink.map();
      to.mode_up = sink.mode();
    }
    swiglu_gradient<T>(gate.map(), up.map(), map(dy), to);
  }
};

}  // namespace ops

/// `silu(gate) up` of every element; both, and the result, of one shape. Throws `Error` otherwise.
template <Scalar T>
[[nodiscard]] Variable<T> swiglu(Variable<T> gate, Variable<T> up) {
  require(gate.rows() == up.rows() && gate.cols() == up.cols(), "swiglu: the gate is ", gate.rows(), " x ", gate.cols(),
          ", but what it gates ", up.rows(), " x ", up.cols());
  return gate.tape().apply(ops::Swiglu<T>{gate, up});
}

AMPSFT_INSTANCE(Variable<float> swiglu(Variable<float>, Variable<float>));
AMPSFT_INSTANCE(Variable<double> swiglu(Variable<double>, Variable<double>));

}  // namespace ampsft
