// SPDX-License-Identifier: MIT
/// @file
/// RMS normalisation.
#pragma once

#include <ampsft/autograd/ops/norm_gradients.hpp>
#include <ampsft/core/instances.hpp>

namespace ampsft {
namespace ops {

/// `y = x / sqrt(mean(x^2) + eps) * gain`, every `h` columns of a row at a time (Zhang and Sennrich 2019).
template <Scalar T>
struct RmsNorm {
  Variable<T> x;     // T x (n h)
  Variable<T> gain;  // 1 x h
  double epsilon;
  Saved<T> saved;  // 1 / sqrt(mean(x^2) + eps), n of every row

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::value);
    visit(gain, NeedsInput::value);
  }

  void forward(Matrix<T>& y) {
    const ConstMatrixMap<T> no_bias(nullptr, 0, 0);
    const NormState<T> state{nullptr, saved.data()};
    const Index h = gain.cols();
    normalize<T>(heads(x.value()), gain.map(), no_bias, epsilon, state, MatrixMap<T>(y.data(), count(), h));
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const NormState<const T> state{nullptr, saved.data()};
    NormGradients<T> to = norm_gradients(x, gain, Variable<T>{});
    if (to.dx.data != nullptr) {
      to.dx = MatrixRef<T>(to.dx.data, count(), gain.cols(), gain.cols());
    }
    normalize_gradient<T>(heads(x.value()), gain.map(), state, heads(dy), to);
  }

 private:
  [[nodiscard]] Index count() const { return rows() * cols() / gain.cols(); }

  /// What is normalised together as one row.
  [[nodiscard]] ConstMatrixMap<T> heads(const Matrix<T>& matrix) const { return {matrix.data(), count(), gain.cols()}; }
};

}  // namespace ops

/// RMS normalisation of every row of `x`; where the gain is shorter, of every head.
///
/// Shapes: `x` `T x (n h)`, `gain` `1 x h`, which serves all `n` pieces of a row. Saves one number a row and piece.
/// Throws `Error` if they do not fit.
template <Scalar T>
[[nodiscard]] Variable<T> rms_norm(Variable<T> x, Variable<T> gain, double epsilon) {
  require(gain.rows() == 1 && gain.cols() > 0 && x.cols() % gain.cols() == 0, "rms_norm: the gain is ", gain.rows(),
          " x ", gain.cols(), ", expected 1 x ", x.cols(), " or a part of it");
  return x.tape().apply(ops::RmsNorm<T>{x, gain, epsilon, x.tape().save(x.cols() / gain.cols(), x.rows())});
}

AMPSFT_INSTANCE(Variable<float> rms_norm(Variable<float>, Variable<float>, double));
AMPSFT_INSTANCE(Variable<double> rms_norm(Variable<double>, Variable<double>, double));

}  // namespace ampsft
