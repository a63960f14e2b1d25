// SPDX-License-Identifier: MIT
/// @file
/// Seconds of a call, and what stands in the middle of many.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

/// Seconds of one call among `repeats` in a row.
template <class Body>
double seconds_of(Body&& body, long repeats = 1) {
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < repeats; ++i) {
    body();
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return taken.count() / static_cast<double>(repeats);
}

/// The value below which the share lies: 0.5 is the median.
inline double quantile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

/// The median time of `count` calls after one that is not counted.
template <class Body>
double median_seconds(Body&& body, int count) {
  body();
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    times.push_back(seconds_of(body));
  }
  return quantile(times, 0.5);
}

}  // namespace bench
