// SPDX-License-Identifier: MIT
/// @file
/// The residual connection of models with a residual multiplier.
#pragma once

#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/elementwise.hpp>

#include <cmath>
#include <type_traits>

namespace ampsft {
namespace ops {

/// `z = x + factor y`.
template <Scalar T>
struct AddScaled {
  Variable<T> x;
  Variable<T> y;
  T factor;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::shape);
    visit(y, NeedsInput::shape);
  }

  void forward(Matrix<T>& z) const { ampsft::add_scaled<T>(x.map(), y.map(), factor, map(z)); }

  void backward(const Matrix<T>&, const Matrix<T>& dz) const {
    if (x.requires_grad()) {
      const auto sink = x.sink();
      accumulate<T>(map(dz), sink.map(), sink.mode());
    }
    if (y.requires_grad()) {
      const auto sink = y.sink();
      ampsft::scale<T>(map(dz), factor, sink.map(), sink.mode());
    }
  }
};

}  // namespace ops

/// `x + factor y`, both of the same shape; `add(x, y)` where the factor is 1.
///
/// Throws `Error` if the shapes differ or the factor is not finite. Saves nothing.
template <Scalar T>
[[nodiscard]] Variable<T> add_scaled(Variable<T> x, Variable<T> y, std::type_identity_t<T> factor) {
  require(x.rows() == y.rows() && x.cols() == y.cols(), "add_scaled: ", x.rows(), " x ", x.cols(), " and ", y.rows(),
          " x ", y.cols(), " differ in shape");
  require(std::isfinite(factor), "add_scaled: the factor must be a number, not ", factor);
  return factor == T{1} ? add(x, y) : x.tape().apply(ops::AddScaled<T>{x, y, factor});
}

AMPSFT_INSTANCE(Variable<float> add_scaled(Variable<float>, Variable<float>, float));
AMPSFT_INSTANCE(Variable<double> add_scaled(Variable<double>, Variable<double>, double));

}  // namespace ampsft
