// SPDX-License-Identifier: MIT
/// @file
/// A chart's axis: its range, linear or logarithmic, and round places for its ticks.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "support/html.hpp"

namespace example {

/// Maps `[low, high]` onto [0, 1], logarithmically if asked to.
struct Axis {
  struct Tick {
    double value = 0.0;
    std::string label;
  };

  double low = 0.0;
  double high = 1.0;
  bool log = false;
  std::vector<Tick> ticks;

  /// Whether the axis has a place for the value.
  [[nodiscard]] static bool shows(double value, bool log) noexcept {
    return std::isfinite(value) && (!log || value > 0.0);
  }

  [[nodiscard]] double place(double value) const noexcept {
    return log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  }
};

/// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
[[nodiscard]] inline double round_step(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (step <= factor * power * (1.0 + 1e-9)) {
      return factor * power;
    }
  }
  return 10.0 * power;
}

namespace detail {

/// Decades far from one as 10 with an exponent, all else plainly.
[[nodiscard]] inline std::string log_label(double value) {
  if (value >= 0.00099 && value < 1e6) {
    return value < 0.99 ? brief(value) : count(value);
  }
  constexpr std::array<const char*, 10> raised{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
  const double mantissa = std::round(value / std::pow(10.0, exponent));
  std::string label = mantissa > 1.0 ? count(mantissa) + "·10" : "10";
  label += exponent < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(exponent))) {
    label += raised[static_cast<std::size_t>(digit - '0')];
  }
  return label;
}

[[nodiscard]] inline std::vector<Axis::Tick> linear_ticks(double low, double high, double step) {
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  const double first = std::ceil(low / step - 1e-9);
  const double last = std::floor(high / step + 1e-9);
  std::vector<Axis::Tick> ticks;
  for (int i = 0; first + i <= last && i < 64; ++i) {
    const double value = (first + i) * step;
    ticks.push_back({value, decimals <= 6 && std::abs(value) < 1e9 ? fixed(value, decimals) : brief(value)});
  }
  return ticks;
}

/// Decades; where they are few, their 2s and 5s too; where they are many, every second, third, ... decade.
[[nodiscard]] inline std::vector<Axis::Tick> log_ticks(double low, double high, int target) {
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  const int stride = std::max(1, (last - first) / target);
  for (const auto& factors : {std::vector{1.0}, {1.0, 2.0, 5.0}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0}}) {
    std::vector<Axis::Tick> ticks;
    for (int decade = first; decade <= last; decade += stride) {
      for (const double factor : factors) {
        const double value = factor * std::pow(10.0, decade);
        if (value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9)) {
          ticks.push_back({value, log_label(value)});
        }
      }
    }
    if (ticks.size() >= 3) {
      return ticks;
    }
  }
  return linear_ticks(low, high, round_step((high - low) / target));
}

}  // namespace detail

/// An axis over `[low, high]` (finite, and positive if `log`) with about `target` ticks; a linear axis that is not
/// `snug` grows to its next round places, an empty range grows to one that can be drawn.
[[nodiscard]] inline Axis make_axis(double low, double high, bool log, bool snug, int target) {
  if (low > high) {
    std::swap(low, high);
  }
  if (log) {
    const double grow = high / low < 1.0 + 1e-9 ? 2.0 : 1.0;
    Axis axis{low / grow, high * grow, true, {}};
    axis.ticks = detail::log_ticks(axis.low, axis.high, target);
    return axis;
  }
  if (high - low <= 1e-12 * std::max(std::abs(low), std::abs(high)) || high == low) {
    const double grow = low == 0.0 ? 1.0 : 0.1 * std::abs(low);
    low -= grow;
    high += grow;
  }
  const double step = round_step(high / target - low / target);
  if (!snug) {
    low = step * std::floor(low / step + 1e-9);
    high = step * std::ceil(high / step - 1e-9);
  }
  return {low, high, false, detail::linear_ticks(low, high, step)};
}

}  // namespace example
