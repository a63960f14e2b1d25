// SPDX-License-Identifier: MIT
/// @file
/// The angles by which rotary positions turn, in the scalings in use for long contexts.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
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
[[nodiscard]] AMPSFT_HEADER_INLINE double llama3_frequency(double frequency, const RopeConfig& rope);

/// The pair, as a fraction, whose angle makes so many turns in the original context.
[[nodiscard]] AMPSFT_HEADER_INLINE double yarn_pair(double turns, const RopeConfig& rope, Index head_dim);

/// YaRN (Peng et al. 2023, section 3.2), with the ramp's ends at whole pairs, as transformers has them.
[[nodiscard]] AMPSFT_HEADER_INLINE double yarn_frequency(double frequency, Index pair, const RopeConfig& rope,
                                                         Index head_dim);

}  // namespace detail

/// Radians a position for each of the `dims / 2` pairs of a head: `theta^(-2 j / dims)`, scaled.
///
/// `beyond`: of a text longer than the original context, which longrope alone tells apart. Frequency factors are
/// applied first, as files with `rope_freqs.weight` want it. Throws `Error` for an odd or non-positive number of
/// rotated numbers, and for another number of factors.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<double> rope_frequencies(const RopeConfig& rope, Index head_dim,
                                                                        bool beyond = false);

/// What cosines and sines are multiplied by.
[[nodiscard]] AMPSFT_HEADER_INLINE double rope_magnitude(const RopeConfig& rope) noexcept;

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/rope_frequencies_inl.hpp>
#endif
