// SPDX-License-Identifier: MIT
/// @file
/// The cross-entropies of a chunk of tokens whose logits come block after block of the vocabulary.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/simd/log_sum_exp.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace ampsft::detail {

/// Running log-sums of at most `capacity` tokens, and the logits of their targets.
template <Scalar T>
class ChunkLosses {
 public:
  ChunkLosses() = default;
  ChunkLosses(Tape<T>& tape, Index capacity) : capacity_(capacity), numbers_(tape.save(4, capacity)) {}

  /// Begins with a chunk of tokens of these targets, none of them negative.
  void begin(std::span<const std::int32_t> targets) {
    targets_ = targets;
    std::fill(maxima().begin(), maxima().end(), -std::numeric_limits<T>::infinity());
    std::fill(sums().begin(), sums().end(), T{0});
  }

  /// Joins the logits of the classes from `first` on.
  void add(const ConstView<T>& logits, Index first) {
    std::copy(maxima().begin(), maxima().end(), former().begin());
    add_to_log_sum<T>(logits, maxima(), sums());
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const Index at = targets_[i] - first;
      if (at >= 0 && at < logits.cols()) {
        wanted()[i] = logits(static_cast<Index>(i), at);
      }
    }
  }

  /// The sum of the losses; from now on `maxima` are log-sums.
  double finish() {
    double loss = 0.0;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      maxima()[i] += std::log(sums()[i]);
      loss += static_cast<double>(maxima()[i] - wanted()[i]);
    }
    return loss;
  }

  [[nodiscard]] std::span<const std::int32_t> targets() const { return targets_; }
  [[nodiscard]] std::span<T> maxima() { return row(0); }

  /// Sums of `exp(logit - maximum)`.
  [[nodiscard]] std::span<T> sums() { return row(1); }

  /// The targets' logits.
  [[nodiscard]] std::span<T> wanted() { return row(2); }

  /// What multiplies sums of before the last `add`, so that they are of the present maxima.
  [[nodiscard]] T shrinkage(std::size_t i) {
    return former()[i] == maxima()[i] ? T{1} : std::exp(former()[i] - maxima()[i]);
  }

 private:
  [[nodiscard]] std::span<T> former() { return row(3); }
  [[nodiscard]] std::span<T> row(Index i) { return {numbers_.data() + i * capacity_, targets_.size()}; }

  Index capacity_ = 0;
  Saved<T> numbers_;
  std::span<const std::int32_t> targets_;
};

}  // namespace ampsft::detail
