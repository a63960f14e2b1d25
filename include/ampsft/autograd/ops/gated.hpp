// SPDX-License-Identifier: MIT
/// @file
/// Gated activations, as in the MLPs of Llama (SwiGLU) and Gemma (GeGLU).
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/activations.hpp>

namespace ampsft {
namespace ops {

/// `y = f(gate) up`, elementwise (Shazeer 2020).
template <Scalar T>
struct Gated {
  Variable<T> gate;
  Variable<T> up;
  GatedActivation f;

  [[nodiscard]] Index rows() const { return gate.rows(); }
  [[nodiscard]] Index cols() const { return gate.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(gate, NeedsInput::value);
    visit(up, NeedsInput::value);
  }

  void forward(Matrix<T>& y) const { ampsft::gated<T>(gate.map(), up.map(), map(y), f); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    GatedGradients<T> to;
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
    gated_gradient<T>(gate.map(), up.map(), map(dy), f, to);
  }
};

}  // namespace ops

/// `f(gate) up` of every element.
///
/// Shapes: `gate`, `up` and the result are alike. Throws `Error` otherwise. Saves nothing, but keeps `gate` and `up`
/// for the backward pass.
template <Scalar T>
[[nodiscard]] Variable<T> gated(Variable<T> gate, Variable<T> up, GatedActivation f) {
  require(gate.rows() == up.rows() && gate.cols() == up.cols(), "gated activation: the gate is ", gate.rows(), " x ",
          gate.cols(), ", but what it gates ", up.rows(), " x ", up.cols());
  return gate.tape().apply(ops::Gated<T>{gate, up, f});
}

/// `silu(gate) up`: `gated` with `GatedActivation::silu`.
template <Scalar T>
[[nodiscard]] Variable<T> swiglu(Variable<T> gate, Variable<T> up) {
  return gated(gate, up, GatedActivation::silu);
}

AMPSFT_INSTANCE(Variable<float> gated(Variable<float>, Variable<float>, GatedActivation));
AMPSFT_INSTANCE(Variable<double> gated(Variable<double>, Variable<double>, GatedActivation));

}  // namespace ampsft
