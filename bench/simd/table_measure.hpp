// SPDX-License-Identifier: MIT
/// @file
/// Measures one case: ampsft, its peers and the machine's limits side by side.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "simd/table_task.hpp"

namespace bench {

struct Row {
  Case what;
  Work work;
  Limits limits;
  Timing ours;
  std::vector<Timing> peers;
  std::vector<Timing> relatives;  ///< other calls of ampsft in the same run

  [[nodiscard]] double gigabytes() const { return work.bytes() / ours.seconds / 1e9; }
  [[nodiscard]] double gigaflops() const { return work.flops / ours.seconds / 1e9; }
  [[nodiscard]] double share_of_limit() const { return work.seconds_at_limit(limits) / ours.seconds; }
  [[nodiscard]] double share_of_peak() const { return work.seconds_of_arithmetic(limits) / ours.seconds; }
  [[nodiscard]] double share_of_bandwidth() const { return work.seconds_of_memory(limits) / ours.seconds; }
  /// Which of the two takes longer.
  [[nodiscard]] const char* limit() const {
    return work.seconds_of_arithmetic(limits) >= work.seconds_of_memory(limits) ? "arithmetic" : "memory";
  }
  [[nodiscard]] const Timing* best_peer() const {
    const auto best = std::min_element(peers.begin(), peers.end(),
                                       [](const Timing& a, const Timing& b) { return a.seconds < b.seconds; });
    return best == peers.end() ? nullptr : &*best;
  }
};

struct OddRow {
  OddCase what;
  Timing odd;
  Timing round;

  /// Time of an element of the large matrix over that of the round shape.
  [[nodiscard]] double per_element() const {
    return odd.seconds / round.seconds * elements(what.round) / elements(what.odd);
  }
  /// The same for a multiply-add.
  [[nodiscard]] double per_multiply_add() const {
    return per_element() * static_cast<double>(what.round.rank) / static_cast<double>(what.odd.rank);
  }

 private:
  static double elements(const Case& c) { return static_cast<double>(c.rows) * static_cast<double>(c.cols); }
};

template <class T, class L = T>
Row measure_as(const Case& what, double budget) {
  set_threads(what.threads);
  const Limits limits = limits_for<float>(what.rows * what.cols * static_cast<Index>(sizeof(L)));
  Task<T, L> task(what);
  std::vector<Contender> peers = task.peers();
  task.require_agreement(peers);

  std::vector<Contender> all{{"ampsft", "", [&] { task.run_ours(); }}};
  const std::vector<Contender> relatives = task.relatives();
  all.insert(all.end(), relatives.begin(), relatives.end());
  const Index bytes = task.large_bytes() / line_bytes * line_bytes;
  double operations = 0;
  // The pass that resembles the case takes part; the other would move the large matrix in or out of a cache.
  if (!task.writes_large()) {
    all.push_back({"limit read", "", [&] { read_pass(task.large(), bytes); }});
  } else {
    all.push_back({"limit fill", "", [&] { fill_pass(task.large(), bytes); }});
    if (can_stream()) {
      all.push_back({"limit stream", "", [&] { stream_pass(task.large(), bytes); }});
    }
  }
  all.push_back({"limit arithmetic", "", [&] { operations = arithmetic_pass<T>(); }});
  all.insert(all.end(), peers.begin(), peers.end());

  Row row{what, task.work(), limits, {}, {}, {}};
  for (Timing& timing : interleave(all, budget)) {
    const double rate = static_cast<double>(bytes) / timing.seconds;
    if (timing.name == "limit stream") {
      row.limits.stream = rate;
    } else if (timing.name == "limit fill") {
      row.limits.fill = rate;
    } else if (timing.name == "limit read") {
      row.limits.read = rate;
    } else if (timing.name == "limit arithmetic") {
      row.limits.flops = operations / timing.seconds;
    } else if (timing.name == "ampsft") {
      row.ours = timing;
    } else {
      (timing.name.rfind("ampsft", 0) == 0 ? row.relatives : row.peers).push_back(timing);
    }
  }
  return row;
}

inline Row measure(const Case& what, double budget) {
  switch (what.type) {
    case Type::f64:
      return measure_as<double>(what, budget);
    case Type::bf16:
      return measure_as<float, ampsft::BFloat16>(what, budget);
    case Type::f32:
      break;
  }
  return measure_as<float>(what, budget);
}

inline OddRow measure(const OddCase& what, double budget) {
  set_threads(1);
  Task<float> odd(what.odd);
  Task<float> round(what.round);
  const std::vector<Timing> timings =
      interleave({{"odd", "", [&] { odd.run_ours(); }}, {"round", "", [&] { round.run_ours(); }}}, budget);
  return {what, timings[0], timings[1]};
}

}  // namespace bench
