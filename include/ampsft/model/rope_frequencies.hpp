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
[[nodiscard]] inline double llama3_frequency(double frequency, const RopeConfig& config) {
  const double turns = static_cast<double>(config.original_context) * frequency / (2 * std::numbers::pi);
  const double span = config.high_frequency_factor - config.low_frequency_factor;
  const double kept = span > 0 ? std::clamp((turns - config.low_frequency_factor) / span, 0.0, 1.0)
                               : static_cast<double>(turns >= config.low_frequency_factor);
  return frequency * (kept + (1 - kept) / config.factor);
}

/// The pair, as a fraction, whose angle makes so many turns in the original context.
[[nodiscard]] inline double yarn_pair(double turns, const RopeConfig& config, Index head_dim) {
  return static_cast<double>(head_dim) *
         std::log(static_cast<double>(config.original_context) / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(config.theta));
}

/// YaRN (Peng et al. 2023, section 3.2), with the ramp's ends at whole pairs, as transformers has them.
[[nodiscard]] inline double yarn_frequency(double frequency, Index pair, const RopeConfig& config, Index head_dim) {
  const double low = std::max(std::floor(yarn_pair(config.beta_fast, config, head_dim)), 0.0);
  const double high =
      std::min(std::ceil(yarn_pair(config.beta_slow, config, head_dim)), static_cast<double>(head_dim - 1));
  const double length = high == low ? 0.001 : high - low;
  const double stretched = std::clamp((static_cast<double>(pair) - low) / length, 0.0, 1.0);
  return frequency * (1 - stretched + stretched / config.factor);
}

}  // namespace detail

/// Radians a position for each of the `head_dim / 2` pairs of a head: `theta^(-2 j / head_dim)`, scaled.
///
/// `frequency_factors`, one a pair or none, are applied first, as files with `rope_freqs.weight` want it. Throws
/// `Error` for an odd or non-positive width, and for another number of frequency factors.
[[nodiscard]] inline std::vector<double> rope_frequencies(const RopeConfig& config, Index head_dim,
                                                          std::span<const double> frequency_factors = {}) {
  require(head_dim > 0 && head_dim % 2 == 0, "rotary: heads must have an even width, not ", head_dim);
  require(frequency_factors.empty() || static_cast<Index>(frequency_factors.size()) == head_dim / 2,
          "rotary: ", frequency_factors.size(), " frequency factors for heads of width ", head_dim);
  std::vector<double> frequencies(static_cast<std::size_t>(head_dim / 2));
  for (Index j = 0; j < head_dim / 2; ++j) {
    double f = std::pow(config.theta, -2.0 * static_cast<double>(j) / static_cast<double>(head_dim));
    f /= frequency_factors.empty() ? 1.0 : frequency_factors[static_cast<std::size_t>(j)];
    switch (config.scaling) {
      case RopeScaling::none:
        break;
      case RopeScaling::linear:
        f /= config.factor;
        break;
      case RopeScaling::llama3:
        f = detail::llama3_frequency(f, config);
        break;
      case RopeScaling::yarn:
        f = detail::yarn_frequency(f, j, config, head_dim);
        break;
    }
    frequencies[static_cast<std::size_t>(j)] = f;
  }
  return frequencies;
}

/// What cosines and sines are multiplied by.
[[nodiscard]] inline double rope_magnitude(const RopeConfig& config) noexcept {
  return config.scaling == RopeScaling::yarn ? config.attention_factor : 1.0;
}

}  // namespace ampsft
