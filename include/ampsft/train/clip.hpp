// SPDX-License-Identifier: MIT
/// @file
/// The norm of all gradients, and its limit.
#pragma once

#include <ampsft/autograd/parameter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>

#include <cmath>

namespace ampsft {

/// Euclidean norm over the gradients of all trainable parameters, summed in double; NaN or infinity if any element is.
template <Scalar T>
[[nodiscard]] double gradient_norm(const ParameterList<T>& parameters) {
  double sum = 0.0;
  for (const auto* parameter : parameters) {
    if (parameter->trainable && parameter->has_gradient) {
      sum += flat(parameter->gradient).template cast<double>().square().sum();
    }
  }
  return std::sqrt(sum);
}

/// Scales the gradients of all trainable parameters by `factor`.
template <Scalar T>
void scale_gradients(const ParameterList<T>& parameters, double factor) {
  for (auto* parameter : parameters) {
    if (parameter->trainable && parameter->has_gradient) {
      flat(parameter->gradient) *= static_cast<T>(factor);
    }
  }
}

/// Scales all gradients together so that their norm is at most `limit` (no limit if 0); returns the norm before.
///
/// Source: Pascanu, Mikolov and Bengio 2013.
template <Scalar T>
double clip_gradients(const ParameterList<T>& parameters, double limit) {
  const double norm = gradient_norm(parameters);
  if (limit > 0.0 && norm > limit) {
    scale_gradients(parameters, limit / norm);
  }
  return norm;
}

AMPSFT_INSTANCE(double clip_gradients(const ParameterList<float>&, double));
AMPSFT_INSTANCE(double clip_gradients(const ParameterList<double>&, double));

}  // namespace ampsft
