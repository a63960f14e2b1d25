// SPDX-License-Identifier: MIT
/// @file
/// Layer normalisation.
#pragma once

#include <ampsft/autograd/ops/norm_gradients.hpp>
#include <ampsft/core/instances.hpp>

namespace ampsft {
namespace ops {

/// `y = (x - mean(x)) / sqrt(var(x) + eps) * gain + bias`, a row at a time (Ba, Kiros and Hinton 2016).
template <Scalar T>
struct LayerNorm {
  Variable<T> x;     // T x d
  Variable<T> gain;  // 1 x d
  Variable<T> bias;  // 1 x d, or none
  double epsilon;
  Saved<T> saved;  // mean and 1 / sqrt(var + eps) of every row

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::value);
    visit(gain, NeedsInput::value);
    if (bias) {
      visit(bias, NeedsInput::shape);
    }
  }

  void forward(Matrix<T>& y) {
    const NormState<T> state{saved.data(), saved.data() + rows()};
    normalize<T>(x.map(), gain.map(), bias ? bias.map() : ConstMatrixMap<T>(nullptr, 0, 0), epsilon, state, map(y));
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const NormState<const T> state{saved.data(), saved.data() + rows()};
    normalize_gradient<T>(x.map(), gain.map(), state, map(dy), norm_gradients(x, gain, bias));
  }
};

}  // namespace ops

/// Layer normalisation of every row of `x`.
///
/// Shapes: `x` `T x d`, `gain` and `bias` `1 x d`; the bias may be empty. Throws `Error` if they do not fit.
template <Scalar T>
[[nodiscard]] Variable<T> layer_norm(Variable<T> x, Variable<T> gain, Variable<T> bias, double epsilon) {
  require(gain.rows() == 1 && gain.cols() == x.cols(), "layer_norm: the gain is ", gain.rows(), " x ", gain.cols(),
          ", expected 1 x ", x.cols());
  require(!bias || (bias.rows() == 1 && bias.cols() == x.cols()), "layer_norm: the bias is ", bias ? bias.rows() : 0,
          " x ", bias ? bias.cols() : 0, ", expected 1 x ", x.cols());
  return x.tape().apply(ops::LayerNorm<T>{x, gain, bias, epsilon, x.tape().save(2, x.rows())});
}

AMPSFT_INSTANCE(Variable<float> layer_norm(Variable<float>, Variable<float>, Variable<float>, double));
AMPSFT_INSTANCE(Variable<double> layer_norm(Variable<double>, Variable<double>, Variable<double>, double));

}  // namespace ampsft
