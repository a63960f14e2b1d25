// SPDX-License-Identifier: MIT
/// @file
/// Bodies of clip.hpp.
#pragma once

#include <ampsft/autograd/parameter.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/train/clip.hpp>

#include <cmath>

namespace ampsft {

template <Scalar T>
double gradient_norm(const ParameterList<T>& parameters) {
  double sum = 0.0;
  for (const auto* parameter : parameters) {
    if (parameter->trainable && parameter->has_gradient) {
      sum += flat(parameter->gradient).template cast<double>().square().sum();
    }
  }
  return std::sqrt(sum);
}

template <Scalar T>
void scale_gradients(const ParameterList<T>& parameters, double factor) {
  for (auto* parameter : parameters) {
    if (parameter->trainable && parameter->has_gradient) {
      flat(parameter->gradient) *= static_cast<T>(factor);
    }
  }
}

template <Scalar T>
double clip_gradients(const ParameterList<T>& parameters, double limit) {
  const double norm = gradient_norm(parameters);
  if (limit > 0.0 && norm > limit) {
    scale_gradients(parameters, limit / norm);
  }
  return norm;
}

AMPSFT_INSTANCE(double gradient_norm(const ParameterList<float>& parameters));
AMPSFT_INSTANCE(double gradient_norm(const ParameterList<double>& parameters));
AMPSFT_INSTANCE(void scale_gradients(const ParameterList<float>& parameters, double factor));
AMPSFT_INSTANCE(void scale_gradients(const ParameterList<double>& parameters, double factor));
AMPSFT_INSTANCE(double clip_gradients(const ParameterList<float>&, double));
AMPSFT_INSTANCE(double clip_gradients(const ParameterList<double>&, double));

}  // namespace ampsft
