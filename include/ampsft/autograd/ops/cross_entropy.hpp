// SPDX-License-Identifier: MIT
/// @file
/// The training loss: mean negative log-likelihood of the targets.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/log_sum_exp.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace ampsft {
namespace ops {

/// `y = mean over targets t >= 0 of (log sum_j exp(x_j) - x_t)`, 1 x 1; rows with a negative target do not count.
template <Scalar T>
struct CrossEntropy {
  Variable<T> logits;           // T x vocabulary
  Saved<std::int32_t> targets;  // T
  Index counted;
  Saved<T> saved;  // 2 x T: logarithms of the sums of exp(x), then, for the forward pass alone, the sums

  [[nodiscard]] Index rows() const { return 1; }
  [[nodiscard]] Index cols() const { return 1; }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(logits, NeedsInput::value);
  }

  void forward(Matrix<T>& y) {
    const auto count = static_cast<std::size_t>(logits.rows());
    const std::span<T> log_sum(saved.data(), count);  // at first the maxima
    const std::span<T> sum(saved.data() + count, count);
    std::fill(log_sum.begin(), log_sum.end(), -std::numeric_limits<T>::infinity());
    std::fill(sum.begin(), sum.end(), T{0});
    add_to_log_sum<T>(logits.map(), log_sum, sum, wanted());
    double loss = 0.0;
    for (std::size_t row = 0; row < count; ++row) {
      const std::int32_t target = wanted()[row];
      if (target >= 0) {
        log_sum[row] += std::log(sum[row]);
        loss += static_cast<double>(log_sum[row] - logits.map()(static_cast<Index>(row), target));
      }
    }
    map(y)(0, 0) = static_cast<T>(loss / static_cast<double>(counted));
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    const T scale = map(dy)(0, 0) / static_cast<T>(counted);
    const auto sink = logits.sink();
    const std::span<const T> log_sum(saved.data(), wanted().size());
    cross_entropy_gradient<T>(logits.map(), log_sum, wanted(), 0, scale, sink.map(), sink.mode());
  }

  [[nodiscard]] std::span<const std::int32_t> wanted() const {
    return {targets.data(), static_cast<std::size_t>(logits.rows())};
  }
};

}  // namespace ops

/// How many of the targets count, one for each of `rows` rows of logits; throws unless they fit.
inline Index require_targets(std::span<const std::int32_t> targets, Index rows, Index vocabulary) {
  require(static_cast<Index>(targets.size()) == rows, "cross_entropy: ", targets.size(), " targets for ", rows,
          " rows of logits");
  Index counted = 0;
  for (const auto target : targets) {
    require(target < vocabulary, "cross_entropy: target ", target, " is outside of a vocabulary of ", vocabulary);
    counted += target >= 0 ? 1 : 0;
  }
  require(counted > 0, "cross_entropy: every target is ignored, so there is no loss");
  return counted;
}

/// Mean cross-entropy in nats of rows of logits against their targets, 1 x 1.
///
/// Shapes: `logits` `T x vocabulary`, `targets` `T`; a negative target is ignored. Throws `Error` if the counts
/// differ, a target is outside of the vocabulary, or every target is ignored.
template <Scalar T>
[[nodiscard]] Variable<T> cross_entropy(Variable<T> logits, std::span<const std::int32_t> targets) {
  const Index counted = require_targets(targets, logits.rows(), logits.cols());
  Tape<T>& tape = logits.tape();
  return tape.apply(ops::CrossEntropy<T>{logits, tape.save(targets), counted, tape.save(2, logits.rows())});
}

AMPSFT_INSTANCE(Variable<float> cross_entropy(Variable<float>, std::span<const std::int32_t>));
AMPSFT_INSTANCE(Variable<double> cross_entropy(Variable<double>, std::span<const std::int32_t>));

}  // namespace ampsft
