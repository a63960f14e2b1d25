// SPDX-License-Identifier: MIT
/// @file
/// A named matrix that outlives the tape: the leaf that an optimiser changes.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// A leaf of the computation: value, gradient and what training may do with it.
///
/// Its address must not change while a tape refers to it. The gradient is summed over backward passes until
/// `clear_gradient()`; it has memory only once a backward pass has reached it.
template <Scalar T>
struct Parameter {
  std::string name;
  Matrix<T> value;
  Matrix<T> gradient;
  bool trainable = true;
  bool decays = true;         ///< weight decay applies: matrices yes; biases and normalisation gains no
  bool is_vector = false;     ///< one row that files store with rank 1
  bool has_gradient = false;  ///< false: `gradient` counts as zero, whatever its memory holds

  Parameter(std::string given_name, Matrix<T> given_value)
      : name(std::move(given_name)), value(std::move(given_value)) {}

  /// A bias or gain of `size` elements, all `fill`; it never decays.
  static Parameter vector(std::string name, Index size, T fill) {
    Parameter parameter(std::move(name), make_matrix<T>(1, size, fill));
    parameter.decays = false;
    parameter.is_vector = true;
    return parameter;
  }

  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(value.size()); }

  /// Makes the gradient count as zero; costs nothing.
  void clear_gradient() noexcept { has_gradient = false; }
};

/// Parameters by reference, in a stable order.
template <Scalar T>
using ParameterList = std::vector<Parameter<T>*>;

}  // namespace ampsft
