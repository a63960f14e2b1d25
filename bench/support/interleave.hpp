// SPDX-License-Identifier: MIT
/// @file
/// Times several ways of doing one thing side by side, so that whatever disturbs the machine disturbs all of them.
#pragma once

#include <ampsft/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "support/timing.hpp"

namespace bench {

/// One way of doing it. Those of one name are variants, of which the fastest takes part.
struct Contender {
  std::string name;
  std::string how;  ///< which variant
  std::function<void()> run;
};

struct Timing {
  std::string name;
  std::string how;
  double seconds = 0;        ///< median of a call
  double low_quartile = 0;   ///< a quarter of the calls took less
  double high_quartile = 0;  ///< a quarter took more
};

namespace detail {

/// A guess at the time of a call, warming up on the way.
inline double first_guess(const Contender& contender) {
  double best = seconds_of(contender.run);
  double spent = best;
  for (int i = 0; i < 30 && (i < 2 || spent < 0.003); ++i) {
    const double now = seconds_of(contender.run);
    best = std::min(best, now);
    spent += now;
  }
  return best;
}

}  // namespace detail

/// Medians over rounds of about `budget` seconds in all: in each round every contender runs once, in a new random
/// order. Short calls are repeated within a round, after one that is not counted and brings the caches into their
/// state.
inline std::vector<Timing> interleave(const std::vector<Contender>& all, double budget) {
  constexpr double sample = 100e-6;  // far longer than the clock's step
  constexpr double short_call = 2e-3;
  struct Entry {
    const Contender* contender;
    double guess;
    long repeats;
    std::vector<double> times;
  };
  std::vector<Entry> entries;
  for (const Contender& contender : all) {
    const double guess = detail::first_guess(contender);
    const auto same = std::find_if(entries.begin(), entries.end(),
                                   [&](const Entry& entry) { return entry.contender->name == contender.name; });
    if (same == entries.end()) {
      entries.push_back({&contender, guess, 1, {}});
    } else if (guess < same->guess) {
      *same = {&contender, guess, 1, {}};
    }
  }
  double round = 0;
  for (Entry& entry : entries) {
    entry.repeats = std::max(1L, std::lround(sample / std::max(entry.guess, 1e-9)));
    round += entry.guess * static_cast<double>(entry.repeats + (entry.guess < short_call ? 1 : 0));
  }
  const int rounds = static_cast<int>(std::clamp(budget / round, 9.0, 1001.0)) | 1;
  ampsft::Random random(1);
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (int i = 0; i < rounds; ++i) {
    for (std::size_t j = order.size(); j > 1; --j) {
      std::swap(order[j - 1], order[static_cast<std::size_t>(random.below(static_cast<ampsft::Index>(j)))]);
    }
    for (const std::size_t j : order) {
      Entry& entry = entries[j];
      if (entry.guess < short_call) {
        entry.contender->run();
      }
      entry.times.push_back(seconds_of(entry.contender->run, entry.repeats));
    }
  }
  std::vector<Timing> timings;
  timings.reserve(entries.size());
  for (const Entry& entry : entries) {
    timings.push_back({entry.contender->name, entry.contender->how, quantile(entry.times, 0.5),
                       quantile(entry.times, 0.25), quantile(entry.times, 0.75)});
  }
  return timings;
}

}  // namespace bench
