// SPDX-License-Identifier: MIT
/// @file
/// The training loss: mean negative log-likelihood of the targets.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace ampsft {
namespace ops {

/// `y = mean over targets t >= 0 of (log sum_j exp(x_j) - x_t)`, 1 x 1; rows with a negative target do not count.
template <Scalar T>
struct CrossEntropy {
  Variable<T> logits;  // T x vocabulary
  std::vector<std::int32_t> targets;
  Index counted;
  std::vector<T> log_sum = {};  // saved, one a row

  [[nodiscard]] Index rows() const { return 1; }
  [[nodiscard]] Index cols() const { return 1; }
  [[nodiscard]] bool needs_gradient() const { return logits.requires_grad(); }

  void forward(Matrix<T>& y) {
    log_sum.resize(targets.size());
    std::vector<double> losses(targets.size(), 0.0);
    parallel_for(logits.rows(), 4, [&](Index begin, Index end) {
      for (Index row = begin; row < end; ++row) {
        const auto i = static_cast<std::size_t>(row);
        if (targets[i] >= 0) {
          const auto x = logits.map().row(row).array();
          const T maximum = x.maxCoeff();
          log_sum[i] = maximum + std::log((x - maximum).exp().sum());
          losses[i] = static_cast<double>(log_sum[i] - x(targets[i]));
        }
      }
    });
    double sum = 0.0;
    for (const double loss : losses) {
      sum += loss;
    }
    map(y)(0, 0) = static_cast<T>(sum / static_cast<double>(counted));
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const T scale = map(dy)(0, 0) / static_cast<T>(counted);
    const auto sink = logits.sink();
    parallel_for(logits.rows(), 4, [&](Index begin, Index end) {
      for (Index row = begin; row < end; ++row) {
        const auto i = static_cast<std::size_t>(row);
        auto gradient = sink.map().row(row);
        if (targets[i] >= 0) {
          sink.add(gradient, ((logits.map().row(row).array() - log_sum[i]).exp() * scale).matrix());
          gradient(targets[i]) -= scale;
        } else {
          sink.add(gradient, EigenMatrix<T>::Zero(1, logits.cols()));
        }
      }
    });
  }
};

}  // namespace ops

/// Mean cross-entropy in nats of rows of logits against their targets, 1 x 1.
///
/// Shapes: `logits` `T x vocabulary`, `targets` `T`; a negative target is ignored. Throws `Error` if the counts
/// differ, a target is outside of the vocabulary, or every target is ignored.
template <Scalar T>
[[nodiscard]] Variable<T> cross_entropy(Variable<T> logits, std::span<const std::int32_t> targets) {
  require(static_cast<Index>(targets.size()) == logits.rows(), "cross_entropy: ", targets.size(), " targets for ",
          logits.rows(), " rows of logits");
  Index counted = 0;
  for (const auto target : targets) {
    require(target < logits.cols(), "cross_entropy: target ", target, " is outside of a vocabulary of ", logits.cols());
    counted += target >= 0 ? 1 : 0;
  }
  require(counted > 0, "cross_entropy: every target is ignored, so there is no loss");
  return logits.tape().apply(ops::CrossEntropy<T>{logits, {targets.begin(), targets.end()}, counted});
}

AMPSFT_INSTANCE(Variable<float> cross_entropy(Variable<float>, std::span<const std::int32_t>));
AMPSFT_INSTANCE(Variable<double> cross_entropy(Variable<double>, std::span<const std::int32_t>));

}  // namespace ampsft
