// SPDX-License-Identifier: MIT
/// @file
/// Bodies of rope_frequencies.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/rope_config.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/model/rope_frequencies.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace ampsft::detail {

AMPSFT_HEADER_INLINE double llama3_frequency(double frequency, const RopeConfig& rope) {
  const double turns = static_cast<double>(rope.original_context) * frequency / (2 * std::numbers::pi);
  const double span = rope.high_frequency_factor - rope.low_frequency_factor;
  const double kept = span > 0 ? std::clamp((turns - rope.low_frequency_factor) / span, 0.0, 1.0)
                               : static_cast<double>(turns >= rope.low_frequency_factor);
  return frequency * (kept + (1 - kept) / rope.factor);
}

AMPSFT_HEADER_INLINE double yarn_pair(double turns, const RopeConfig& rope, Index head_dim) {
  return static_cast<double>(head_dim) *
         std::log(static_cast<double>(rope.original_context) / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(rope.theta));
}

AMPSFT_HEADER_INLINE double yarn_frequency(double frequency, Index pair, const RopeConfig& rope, Index head_dim) {
  const double low = std::max(std::floor(yarn_pair(rope.beta_fast, rope, head_dim)), 0.0);
  const double high = std::min(std::ceil(yarn_pair(rope.beta_slow, rope, head_dim)), static_cast<double>(head_dim - 1));
  const double length = high == low ? 0.001 : high - low;
  const double stretched = std::clamp((static_cast<double>(pair) - low) / length, 0.0, 1.0);
  return frequency * (1 - stretched + stretched / rope.factor);
}

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE std::vector<double> rope_frequencies(const RopeConfig& rope, Index head_dim, bool beyond) {
  const Index dims = rope.dims == 0 ? head_dim : rope.dims;
  require(dims > 0 && dims % 2 == 0 && dims <= head_dim, "rotary: an even number of a head's ", head_dim,
          " numbers must rotate, not ", dims);
  const bool longrope = rope.scaling == RopeScaling::longrope;
  const auto& factors = !longrope ? rope.frequency_factors : beyond ? rope.long_factors : rope.short_factors;
  require((factors.empty() && !longrope) || static_cast<Index>(factors.size()) == dims / 2, "rotary: ", factors.size(),
          " frequency factors for ", dims / 2, " pairs");
  std::vector<double> frequencies(static_cast<std::size_t>(dims / 2));
  for (Index j = 0; j < dims / 2; ++j) {
    double f = std::pow(rope.theta, -2.0 * static_cast<double>(j) / static_cast<double>(dims));
    f /= factors.empty() ? 1.0 : factors[static_cast<std::size_t>(j)];
    switch (rope.scaling) {
      case RopeScaling::none:
      case RopeScaling::longrope:
        break;
      case RopeScaling::linear:
        f /= rope.factor;
        break;
      case RopeScaling::llama3:
        f = detail::llama3_frequency(f, rope);
        break;
      case RopeScaling::yarn:
        f = detail::yarn_frequency(f, j, rope, dims);
        break;
    }
    frequencies[static_cast<std::size_t>(j)] = f;
  }
  return frequencies;
}

AMPSFT_HEADER_INLINE double rope_magnitude(const RopeConfig& rope) noexcept {
  return rope.scaling == RopeScaling::yarn || rope.scaling == RopeScaling::longrope ? rope.attention_factor : 1.0;
}

}  // namespace ampsft
