// SPDX-License-Identifier: MIT
/// @file
/// Layer normalisation.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

#include <cmath>
#include <vector>

namespace ampsft {
namespace ops {

/// `y = (x - mean(x)) / sqrt(var(x) + eps) * gain + bias`, a row at a time (Ba, Kiros and Hinton 2016).
template <Scalar T>
struct LayerNorm {
  Variable<T> x;     // T x d
  Variable<T> gain;  // 1 x d
  Variable<T> bias;  // 1 x d, or none
  T epsilon;
  std::vector<T> mean = {};     // saved, one a row
  std::vector<T> inverse = {};  // saved, 1 / sqrt(var + eps)

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }
  [[nodiscard]] bool needs_gradient() const {
    return x.requires_grad() || gain.requires_grad() || bias.requires_grad();
  }

  void forward(Matrix<T>& y) {
    mean.resize(static_cast<std::size_t>(rows()));
    inverse.resize(static_cast<std::size_t>(rows()));
    parallel_for(rows(), 16, [&](Index begin, Index end) {
      for (Index row = begin; row < end; ++row) {
        const auto in = x.map().row(row).array();
        const T m = in.mean();
        const T r = T(1) / std::sqrt((in - m).square().mean() + epsilon);
        mean[static_cast<std::size_t>(row)] = m;
        inverse[static_cast<std::size_t>(row)] = r;
        auto out = map(y).row(row).array();
        out = (in - m) * r * gain.map().row(0).array();
        if (bias) {
          out += bias.map().row(0).array();
        }
      }
    });
  }

  /// Row `row` of the normalised input.
  [[nodiscard]] auto normalised(Index row) const {
    return (x.map().row(row).array() - mean[static_cast<std::size_t>(row)]) * inverse[static_cast<std::size_t>(row)];
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    if (x.requires_grad()) {
      const auto sink = x.sink();
      parallel_for(rows(), 16, [&](Index begin, Index end) {
        for (Index row = begin; row < end; ++row) {
          const EigenArrayRow<T> h = normalised(row);
          const EigenArrayRow<T> dh = map(dy).row(row).array() * gain.map().row(0).array();
          const T along = (dh * h).mean();  // the part of the gradient that only rescales the row
          const T offset = dh.mean();       // the part that only shifts it
          sink.add(sink.map().row(row), ((dh - offset - h * along) * inverse[static_cast<std::size_t>(row)]).matrix());
        }
      });
    }
    if (gain.requires_grad()) {
      EigenArrayRow<T> sum = EigenArrayRow<T>::Zero(cols());
      for (Index row = 0; row < rows(); ++row) {
        sum += map(dy).row(row).array() * normalised(row);
      }
      gain.sink().add(sum.matrix());
    }
    if (bias.requires_grad()) {
      bias.sink().add(map(dy).colwise().sum());
    }
  }
};

}  // namespace ops

/// Layer normalisation of every row of `x`.
///
/// Shapes: `x` `T x d`, `gain` and `bias` `1 x d`; the bias may be empty. Throws `Error` if they do not fit.
template <Scalar T>
[[nodiscard]] Variable<T> layer_norm(Variable<T> x, Variable<T> gain, Variable<T> bias, double epsilon) {
  require(gain.rows() == 1 && gain.cols() == x.cols(), "layer_norm: the gain must be 1 x ", x.cols());
  require(!bias || (bias.rows() == 1 && bias.cols() == x.cols()), "layer_norm: the bias must be 1 x ", x.cols());
  return x.tape().apply(ops::LayerNorm<T>{x, gain, bias, static_cast<T>(epsilon)});
}

AMPSFT_INSTANCE(Variable<float> layer_norm(Variable<float>, Variable<float>, Variable<float>, double));
AMPSFT_INSTANCE(Variable<double> layer_norm(Variable<double>, Variable<double>, Variable<double>, double));

}  // namespace ampsft
