// SPDX-License-Identifier: MIT
/// @file
/// RMS normalisation.
#pragma once

#include <ampsft/autograd/ops/norm_gradients.hpp>
#include <ampsft/core/instances.hpp>

namespace ampsft {
namespace ops {

/// `y = x / sqrt(mean(x^2) + eps) * gain`, a row at a time (Zhang and Sennrich 2019).
template <Scalar T>
struct RmsNorm {
  Variable<T> x;     // T x d
  Variable<T> gain;  // 1 x d
  double epsilon;
  Saved<T> saved;  // 1 / sqrt(mean(x^2) + eps) of every row

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool reads_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, Reads::value);
    visit(gain, Reads::value);
  }

  void forward(Matrix<T>& y) {
    const ConstMatrixMap<T> no_bias(nullptr, 0, 0);
    normalize<T>(x.map(), gain.map(), no_bias, epsilon, NormState<T>{nullptr, saved.data()}, map(y));
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const NormState<const T> state{nullptr, saved.data()};
    normalize_gradient<T>(x.map(), gain.map(), state, map(dy), norm_gradients(x, gain, Variable<T>{}));
  }
};

}  // namespace ops

/// RMS normalisation of every row of `x`.
///
/// Shapes: `x` `T x d`, `gain` `1 x d`. Saves one number a row. Throws `Error` if they do not fit.
template <Scalar T>
[[nodiscard]] Variable<T> rms_norm(Variable<T> x, Variable<T> gain, double epsilon) {
  require(gain.rows() == 1 && gain.cols() == x.cols(), "rms_norm: the gain is ", gain.rows(), " x ", gain.cols(),
          ", expected 1 x ", x.cols());
  return x.tape().apply(ops::RmsNorm<T>{x, gain, epsilon, x.tape().save(1, x.rows())});
}

AMPSFT_INSTANCE(Variable<float> rms_norm(Variable<float>, Variable<float>, double));
AMPSFT_INSTANCE(Variable<double> rms_norm(Variable<double>, Variable<double>, double));

}  // namespace ampsft
