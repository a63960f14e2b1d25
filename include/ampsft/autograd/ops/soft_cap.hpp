// SPDX-License-Identifier: MIT
/// @file
/// The soft cap of logits, as in Gemma 2.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/elementwise.hpp>

#include <type_traits>

namespace ampsft {
namespace ops {

/// `y = cap tanh(x / cap)`.
template <Scalar T>
struct SoftCap {
  Variable<T> x;
  T cap;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = true;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) const { ampsft::soft_cap<T>(x.map(), cap, map(y)); }

  void backward(const Matrix<T>& y, const Matrix<T>& dy) const {
    const auto sink = x.sink();
    soft_cap_gradient<T>(map(y), map(dy), cap, sink.map(), sink.mode());
  }
};

}  // namespace ops

/// `cap tanh(x / cap)` of every element of `x`, which lies between `-cap` and `cap`.
///
/// The result has the shape of `x` and is kept for the backward pass; `x` is not. Throws `Error` if the cap is no
/// positive number. For the loss of capped logits see `linear_cross_entropy`, which takes the cap itself.
template <Scalar T>
[[nodiscard]] Variable<T> soft_cap(Variable<T> x, std::type_identity_t<T> cap) {
  require_soft_cap(cap);
  return x.tape().apply(ops::SoftCap<T>{x, cap});
}

AMPSFT_INSTANCE(Variable<float> soft_cap(Variable<float>, float));
AMPSFT_INSTANCE(Variable<double> soft_cap(Variable<double>, double));

}  // namespace ampsft
