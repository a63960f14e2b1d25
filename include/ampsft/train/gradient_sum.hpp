// SPDX-License-Identifier: MIT
/// @file
/// The gradients of all ranks, added in one call.
#pragma once

#include <ampsft/autograd/parameter.hpp>
#include <ampsft/train/communicator.hpp>

#include <algorithm>
#include <vector>

namespace ampsft {

/// Packs the gradients of what is trained, and the loss behind them, into one buffer, which it keeps.
///
/// Memory: the gradients once more, from the first sum over several ranks on.
template <Scalar T>
class GradientSum {
 public:
  /// Gradients and loss become their sums over the ranks; a parameter without a gradient counts as having a zero one.
  template <Communicator C>
  void operator()(const C& ranks, const ParameterList<T>& trained, double& loss) {
    if (ranks.size() == 1) {
      return;
    }
    Index size = 1;
    for (const auto* parameter : trained) {
      size += parameter->size();
    }
    buffer_.resize(static_cast<std::size_t>(size));
    auto at = buffer_.begin();
    for (const auto* parameter : trained) {
      at = parameter->has_gradient ? std::copy_n(parameter->gradient.data(), parameter->size(), at)
                                   : std::fill_n(at, parameter->size(), T{0});
    }
    *at = static_cast<T>(loss);
    ranks.sum(std::span<T>(buffer_));
    at = buffer_.begin();
    for (auto* parameter : trained) {
      if (parameter->gradient.size() != parameter->value.size()) {
        parameter->gradient = make_matrix<T>(rows(parameter->value), cols(parameter->value));
      }
      std::copy_n(at, parameter->size(), parameter->gradient.data());
      parameter->has_gradient = true;
      at += parameter->size();
    }
    loss = static_cast<double>(*at);
  }

 private:
  std::vector<T> buffer_;
};

}  // namespace ampsft
