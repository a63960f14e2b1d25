// SPDX-License-Identifier: MIT
/// @file
/// What the trainer asks of an optimiser.
#pragma once

#include <ampsft/autograd/parameter.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// A matrix that an optimiser remembers between steps, by its stable name.
template <Scalar T>
struct OptimizerState {
  std::string name;
  Matrix<T>* value;
};

/// An update rule for parameters.
///
/// - `step(parameters, factor)`: one update of every trainable parameter from its gradient, with the learning rate
///   times `factor` (the schedule); a parameter without a gradient counts as having a zero one.
/// - `state(parameters)`: all matrices it remembers for these parameters, made (zero) where there are none yet.
/// - `steps()`, `set_steps(n)`: updates so far, for checkpoints.
/// - `matrices_a_parameter()`: how many matrices of a parameter's shape it remembers.
/// - `describe()`: its kind and settings, to tell one run from another.
template <class O, class T>
concept Optimizer = requires(O optimizer, const O& constant, const ParameterList<T>& parameters, double factor,
                             Index steps) {
  optimizer.step(parameters, factor);
  { optimizer.state(parameters) } -> std::same_as<std::vector<OptimizerState<T>>>;
  { constant.steps() } -> std::same_as<Index>;
  optimizer.set_steps(steps);
  { constant.matrices_a_parameter() } -> std::same_as<Index>;
  { constant.describe() } -> std::convertible_to<std::string>;
};

namespace detail {

/// A zero matrix of the parameter's shape, unless `matrix` has it already.
template <Scalar T>
void zero_like(Matrix<T>& matrix, const Parameter<T>& parameter) {
  if (matrix.size() != parameter.value.size()) {
    matrix = make_matrix<T>(rows(parameter.value), cols(parameter.value), T{0});
  }
}

/// Calls `use(parameter)` for every trainable parameter, its gradient made explicit.
template <Scalar T, class Use>
void for_each_update(const ParameterList<T>& parameters, Use&& use) {
  for (auto* parameter : parameters) {
    if (!parameter->trainable) {
      continue;
    }
    if (!parameter->has_gradient) {
      parameter->gradient = make_matrix<T>(rows(parameter->value), cols(parameter->value), T{0});
      parameter->has_gradient = true;
    }
    use(*parameter);
  }
}

}  // namespace detail
}  // namespace ampsft
