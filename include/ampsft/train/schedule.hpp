// SPDX-License-Identifier: MIT
/// @file
/// Warm-up and decay of the learning rate.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>

#include <cmath>
#include <numbers>
#include <string>

namespace ampsft {

/// The shape of the learning rate after the warm-up.
enum class Decay { constant, linear, cosine };

/// Linear warm-up over the first steps, then decay to `final_fraction` at the last step.
struct Schedule {
  Decay decay = Decay::cosine;
  Index warmup_steps = 0;
  double final_fraction = 0.1;

  /// The factor on the learning rate at step `step` of `steps`, counted from 0; in [0, 1].
  [[nodiscard]] double factor(Index step, Index steps) const;

  /// Throws `Error` unless the warm-up is at least 0 steps and the final fraction in [0, 1].
  void validate() const;

  [[nodiscard]] std::string describe() const;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/train/detail/schedule_inl.hpp>
#endif
