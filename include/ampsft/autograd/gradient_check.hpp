// SPDX-License-Identifier: MIT
/// @file
/// Gradients against central differences.
#pragma once

#include <ampsft/autograd/tape.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

namespace ampsft {

/// Where a gradient differs most from its finite difference.
struct GradientCheck {
  double largest_error = 0.0;  ///< |analytic - numeric| / max(1, |numeric|)
  std::string parameter;
  Index element = 0;
};

/// Compares the gradients of a scalar with central differences, for every element of every trainable parameter.
///
/// `loss(tape)` builds the scalar (1 x 1) from the parameters' present values and must be deterministic. Values are
/// restored and gradients cleared afterwards. Cost: two forward passes an element, so use small sizes, and `double`:
/// with `step` 1e-5 the error of a right gradient is about 1e-9.
template <Scalar T, class Loss>
[[nodiscard]] GradientCheck check_gradients(Loss&& loss, std::span<Parameter<T>* const> parameters,
                                            double step = 1e-5) {
  for (auto* parameter : parameters) {
    parameter->clear_gradient();
  }
  Tape<T> tape;
  tape.backward(loss(tape));
  const auto value = [&] {
    Tape<T> forward_only;  // not an inference tape: dropout must act as it did above
    return static_cast<double>(loss(forward_only).map()(0, 0));
  };
  GradientCheck worst;
  for (auto* parameter : parameters) {
    if (!parameter->trainable) {
      continue;
    }
    for (Index i = 0; i < parameter->size(); ++i) {
      T& element = parameter->value.data()[i];
      const T saved = element;
      element = saved + static_cast<T>(step);
      const double above = value();
      element = saved - static_cast<T>(step);
      const double below = value();
      element = saved;
      const double numeric = (above - below) / (2.0 * step);
      const double analytic = parameter->has_gradient ? static_cast<double>(parameter->gradient.data()[i]) : 0.0;
      const double error = std::abs(analytic - numeric) / std::max(1.0, std::abs(numeric));
      if (!(error <= worst.largest_error)) {
        // What is no number is the worst there can be, and must not be replaced by a smaller error later.
        worst = {std::isnan(error) ? std::numeric_limits<double>::infinity() : error, parameter->name, i};
      }
    }
    parameter->clear_gradient();
  }
  return worst;
}

}  // namespace ampsft
