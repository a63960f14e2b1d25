// SPDX-License-Identifier: MIT
/// @file
/// The values that a number of a config may have.
#pragma once

#include <limits>

namespace ampsft {

/// An interval. The values of a field that is no number have none.
struct Bounds {
  double least = -std::numeric_limits<double>::max();
  double most = std::numeric_limits<double>::max();
  bool above_least = false;  ///< `least` itself is left out
  bool below_most = false;   ///< `most` itself is left out

  /// Far above any model: products of two sizes stay below 2^63.
  static constexpr double largest_size = 1 << 30;

  [[nodiscard]] static constexpr Bounds size() noexcept { return {1, largest_size}; }
  [[nodiscard]] static constexpr Bounds size_or_none() noexcept { return {0, largest_size}; }
  [[nodiscard]] static constexpr Bounds positive() noexcept { return {.least = 0, .above_least = true}; }
  [[nodiscard]] static constexpr Bounds share() noexcept { return {.least = 0, .most = 1, .below_most = true}; }
  [[nodiscard]] static constexpr Bounds not_negative() noexcept { return {.least = 0}; }

  /// False for NaN.
  [[nodiscard]] constexpr bool contains(double value) const noexcept {
    return (above_least ? value > least : value >= least) && (below_most ? value < most : value <= most);
  }
};

}  // namespace ampsft
