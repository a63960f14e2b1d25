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
  const auto put = [](Variable<T> input, MatrixRef<T>& gradient, Into& into) {
    if (input.requires_grad()) {
      const auto sink = input.sink();
      gradient = sink.map();
      into = sink.into();
    }
  };
  put(x, to.dx, to.into_x);
  put(gain, to.dgain, to.into_gain);
  put(bias, to.dbias, to.into_bias);
  return to;
}

}  // namespace ampsft::ops
