// SPDX-License-Identifier: MIT
/// @file
/// The angles by which rotary positions turn, in the scalings in use for long contexts.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/rope_config.hpp>
#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace ampsft {

namespace detail {

/// Llama 3: waves longer than the original context are stretched, short ones kept, those between in part.
[[nodiscard]] inline double llama3_frequency(double frequency, const RotaryFacts& facts) {
  const double turns = static_cast<double>(facts.original_context) * frequency / (2 * std::numbers::pi);
  const double span = facts.high_frequency_factor - facts.low_frequency_factor;
  const double kept = span > 0 ? std::clamp((turns - facts.low_frequency_factor) / span, 0.0, 1.0)
                               : static_cast<double>(turns >= facts.low_frequency_factor);
  return frequency * (kept + (1 - kept) / facts.factor);
}

/// The pair, as a fraction, whose angle makes so many turns in the original context.
[[nodiscard]] inline double yarn_pair(double turns, const RotaryFacts& facts, Index head_width) {
  return static_cast<double>(head_width) *
         std::log(static_cast<double>(facts.original_context) / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(facts.theta));
}

/// YaRN (Peng et al. 2023, section 3.2), with the ramp's ends at whole pairs, as transformers has them.
[[nodiscard]] inline double yarn_frequency(double frequency, Index pair, const RotaryFacts& facts, Index head_width) {
  const double low = std::max(std::floor(yarn_pair(facts.beta_fast, facts, head_width)), 0.0);
  const double high =
      std::min(std::ceil(yarn_pair(facts.beta_slow, facts, head_width)), static_cast<double>(head_width - 1));
  const double length = high == low ? 0.001 : high - low;
  const double stretched = std::clamp((static_cast<double>(pair) - low) / length, 0.0, 1.0);
  return frequency * (1 - stretched + stretched / facts.factor);
}

}  // namespace detail

/// Radians a position for each of the `head_width / 2` pairs of a head: `theta^(-2 j / head_width)`, scaled.
///
/// `divisors`, one a pair or none, are applied first, as files with `rope_freqs.weight` want it. Throws `Error` for an
/// odd or non-positive width, and for another number of divisors.
[[nodiscard]] inline std::vector<double> rotary_frequencies(const RotaryFacts& facts, Index head_width,
                                                            std::span<const double> divisors = {}) {
  require(head_width > 0 && head_width % 2 == 0, "rotary: heads must have an even width, not ", head_width);
  require(divisors.empty() || static_cast<Index>(divisors.size()) == head_width / 2, "rotary: ", divisors.size(),
          " divisors for heads of width ", head_width);
  std::vector<double> frequencies(static_cast<std::size_t>(head_width / 2));
  for (Index j = 0; j < head_width / 2; ++j) {
    double f = std::pow(facts.theta, -2.0 * static_cast<double>(j) / static_cast<double>(head_width));
    f /= divisors.empty() ? 1.0 : divisors[static_cast<std::size_t>(j)];
    switch (facts.scaling) {
      case RotaryScaling::none:
        break;
      case RotaryScaling::linear:
        f /= facts.factor;
        break;
      case RotaryScaling::llama3:
        f = detail::llama3_frequency(f, facts);
        break;
      case RotaryScaling::yarn:
        f = detail::yarn_frequency(f, j, facts, head_width);
        break;
    }
    frequencies[static_cast<std::size_t>(j)] = f;
  }
  return frequencies;
}

/// What cosines and sines are multiplied by.
[[nodiscard]] inline double rotary_magnitude(const RotaryFacts& facts) noexcept {
  return facts.scaling == RotaryScaling::yarn ? facts.attention_factor : 1.0;
}

}  // namespace ampsft
