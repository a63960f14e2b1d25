// SPDX-License-Identifier: MIT
/// @file
/// The training loss: mean negative log-likelihood of the targets.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/simd/log_sum_exp.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
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
  std::vector<T> saved = {};  // logarithms of the sums of exp(x), then, for the forward pass alone, the sums

  [[nodiscard]] Index rows() const { return 1; }
  [[nodiscard]] Index cols() const { return 1; }
  [[nodiscard]] bool needs_gradient() const { return logits.requires_grad(); }

  void forward(Matrix<T>& y) {
    const auto count = targets.size();
    saved.assign(2 * count, T{0});
    const std::span<T> log_sum = std::span(saved).first(count);  // at first the maxima
    const std::span<T> sum = std::span(saved).last(count);
    std::fill(log_sum.begin(), log_sum.end(), -std::numeric_limits<T>::infinity());
    add_to_log_sum<T>(logits.map(), log_sum, sum, targets);
    double loss = 0.0;
    for (std::size_t row = 0; row < count; ++row) {
      if (targets[row] >= 0) {
        log_sum[row] += std::log(sum[row]);
        loss += static_cast<double>(log_sum[row] - logits.map()(static_cast<Index>(row), targets[row]));
      }
    }
    map(y)(0, 0) = static_cast<T>(loss / static_cast<double>(counted));
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const T scale = map(dy)(0, 0) / static_cast<T>(counted);
    const auto sink = logits.sink();
    const std::span<const T> log_sum = std::span(saved).first(targets.size());
    cross_entropy_gradient<T>(logits.map(), log_sum, targets, 0, scale, sink.map(), sink.into());
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

}  // namespace ampsft
