// SPDX-License-Identifier: MIT
/// @file
/// Where the gradients of a normalisation go.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/simd/normalize.hpp>

namespace ampsft::ops {

/// The sinks of those inputs that require a gradient; `bias` may be none.
template <Scalar T>
[[nodiscard]] NormGradients<T> norm_gradients(Variable<T> x, Variable<T> gain, Variable<T> bias) {
  NormGradients<T> to;
  const auto put = [](Variable<T> input, MatrixRef<T>& gradient, WriteMode& mode) {
    if (input.requires_grad()) {
      const auto sink = input.sink();
      gradient = sink.map();
      mode = sink.mode();
    }
  };
  put(x, to.dx, to.mode_x);
  put(gain, to.dgain, to.mode_gain);
  put(bias, to.dbias, to.mode_bias);
  return to;
}

}  // namespace ampsft::ops
