// SPDX-License-Identifier: MIT
/// @file
/// Progress with the time left, fed by any thread.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

#include "support/progress.hpp"

namespace decompose {

/// Counts elements read against those of one reading.
class Meter {
 public:
  /// `once`: elements of one reading; work that takes an unknown number of readings shows which one it is at.
  Meter(const std::string& name, double once, bool several) : once_(once), several_(several), progress_(name) {}

  /// May be called by any thread.
  void add(double elements) {
    const double done = done_.fetch_add(elements) + elements;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock.owns_lock()) {
      progress_.show(state(done));
    }
  }

  /// Says what comes next, at once where it will take long.
  void say(const std::string& what, bool long_work) { progress_.show(what, long_work); }

  void done(const std::string& result) { progress_.done(result + ", " + example::clock_time(seconds())); }

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  [[nodiscard]] std::string state(double done) const {
    const double share = done / once_;
    const auto reading = static_cast<int>(share);
    const double part = several_ ? share - reading : share;
    char text[96];
    if (several_) {
      std::snprintf(text, sizeof text, "reading %d: %3.0f %%, %s so far", reading + 1, 100.0 * part,
                    example::clock_time(seconds()).c_str());
    } else {
      std::snprintf(text, sizeof text, "%3.0f %%, %s left", 100.0 * part,
                    example::clock_time(share > 0.0 ? seconds() / share * (1.0 - share) : 0.0).c_str());
    }
    return text;
  }

  double once_;
  bool several_;
  std::atomic<double> done_{0.0};
  std::mutex mutex_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  example::Progress progress_;
};

}  // namespace decompose
