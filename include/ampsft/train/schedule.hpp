// SPDX-License-Identifier: MIT
/// @file
/// Warm-up and decay of the learning rate.
#pragma once

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
  [[nodiscard]] double factor(Index step, Index steps) const {
    if (step < warmup_steps) {
      return static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
    }
    const Index span = steps - 1 - warmup_steps;
    const double done =
        span > 0 ? std::min(1.0, static_cast<double>(step - warmup_steps) / static_cast<double>(span)) : 0.0;
    switch (decay) {
      case Decay::linear:
        return 1.0 - (1.0 - final_fraction) * done;
      case Decay::cosine:
        return final_fraction + (1.0 - final_fraction) * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
      case Decay::constant:
        break;
    }
    return 1.0;
  }

  /// Throws `Error` unless the warm-up is at least 0 steps and the final fraction in [0, 1].
  void validate() const {
    require(warmup_steps >= 0, "schedule: the warm-up must be at least 0 steps, not ", warmup_steps);
    require(final_fraction >= 0.0 && final_fraction <= 1.0, "schedule: the final fraction must be in [0, 1], not ",
            final_fraction);
  }

  [[nodiscard]] std::string describe() const {
    const char* const names[] = {"constant", "linear", "cosine"};
    return concat(names[static_cast<int>(decay)], " warmup=", warmup_steps, " final=", final_fraction);
  }
};

}  // namespace ampsft
