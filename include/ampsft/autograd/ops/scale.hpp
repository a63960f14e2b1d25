// SPDX-License-Identifier: MIT
/// @file
/// A matrix times a fixed number, as in models with multipliers of embeddings or logits.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/elementwise.hpp>

#include <cmath>
#include <type_traits>

namespace ampsft {
namespace ops {

/// `y = factor x`.
template <Scalar T>
struct Scale {
  Variable<T> x;
  T factor;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) const { ampsft::scale<T>(x.map(), factor, map(y)); }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const auto sink = x.sink();
    ampsft::scale<T>(map(dy), factor, sink.map(), sink.mode());
  }
};

}  // namespace ops

/// `factor x`, of the shape of `x`; `x` itself where the factor is 1.
///
/// Throws `Error` if the factor is not finite. Saves nothing.
template <Scalar T>
[[nodiscard]] Variable<T> scale(Variable<T> x, std::type_identity_t<T> factor) {
  require(std::isfinite(factor), "scale: the factor must be a number, not ", factor);
  return factor == T{1} ? x : x.tape().apply(ops::Scale<T>{x, factor});
}

AMPSFT_INSTANCE(Variable<float> scale(Variable<float>, float));
AMPSFT_INSTANCE(Variable<double> scale(Variable<double>, double));

}  // namespace ampsft
