// SPDX-License-Identifier: MIT
/// @file
/// Bodies of schedule.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/train/schedule.hpp>

#include <cmath>
#include <numbers>
#include <string>

namespace ampsft {

AMPSFT_HEADER_INLINE double Schedule::factor(Index step, Index steps) const {
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

AMPSFT_HEADER_INLINE void Schedule::validate() const {
  require(warmup_steps >= 0, "schedule: the warm-up must be at least 0 steps, not ", warmup_steps);
  require(final_fraction >= 0.0 && final_fraction <= 1.0, "schedule: the final fraction must be in [0, 1], not ",
          final_fraction);
}

AMPSFT_HEADER_INLINE std::string Schedule::describe() const {
  const char* const names[] = {"constant", "linear", "cosine"};
  return concat(names[static_cast<int>(decay)], " warmup=", warmup_steps, " final=", final_fraction);
}

}  // namespace ampsft
