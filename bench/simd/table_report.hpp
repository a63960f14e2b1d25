// SPDX-License-Identifier: MIT
/// @file
/// What was measured, as a table for the terminal and as JSON.
#pragma once

#include <ampsft/core/compat/json.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "simd/table_measure.hpp"
#include "support/machine.hpp"

namespace bench {

inline std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// "3.91x OpenBLAS", or a dash where there is no peer.
inline std::string against_best(const Row& row) {
  const Timing* const best = row.best_peer();
  return best == nullptr ? "-" : number("%.2fx ", best->seconds / row.ours.seconds) + best->name;
}

/// Ratios are the peer's time over ours: above 1, ours is faster.
inline void print_table(const std::vector<Row>& rows, const std::vector<OddRow>& odd_rows) {
  const auto versions = peer_versions();
  std::printf("\n%-25s %-6s %13s %3s %3s %10s %7s %8s %16s", "operation", "type", "n x d", "K", "thr", "time", "GB/s",
              "GFLOP/s", "share of limit");
  for (const auto& [peer, version] : versions) {
    std::printf(" %8s", peer.c_str());
  }
  std::printf("  best peer\n");
  for (const Row& row : rows) {
    std::printf("%-25s %-6s %13s %3td %3d %7.1f us %7.1f %8.1f %4.0f %% %-10s", name(row.what.operation),
                name(row.what.type), row.what.shape().c_str(), row.what.rank, row.what.threads, row.ours.seconds * 1e6,
                row.gigabytes(), row.gigaflops(), row.share_of_limit() * 100.0, row.limit());
    for (const auto& [peer, version] : versions) {
      const auto found = std::find_if(row.peers.begin(), row.peers.end(),
                                      [&wanted = peer](const Timing& timing) { return timing.name == wanted; });
      std::printf(" %8s", found == row.peers.end() ? "-" : number("%.2fx", found->seconds / row.ours.seconds).c_str());
    }
    std::printf("  %s\n", against_best(row).c_str());
    for (const Timing& relative : row.relatives) {
      std::printf("%25s %s takes %.2f of this time\n", "", relative.name.c_str(), relative.seconds / row.ours.seconds);
    }
  }
  for (const OddRow& row : odd_rows) {
    std::printf("%-25s %-6s %13s %3td %3d %7.1f us  per element %.2f, per multiply-add %.2f of %s K=%td\n",
                name(row.what.odd.operation), name(row.what.odd.type), row.what.odd.shape().c_str(), row.what.odd.rank,
                row.what.odd.threads, row.odd.seconds * 1e6, row.per_element(), row.per_multiply_add(),
                row.what.round.shape().c_str(), row.what.round.rank);
  }
}

inline nlohmann::json to_json(const Timing& timing) {
  nlohmann::json out{{"name", timing.name},
                     {"seconds", timing.seconds},
                     {"seconds_low_quartile", timing.low_quartile},
                     {"seconds_high_quartile", timing.high_quartile}};
  if (!timing.how.empty()) {
    out["how"] = timing.how;
  }
  return out;
}

inline nlohmann::json to_json(const Case& what) {
  return {{"operation", name(what.operation)},
          {"type", name(what.type)},
          {"n", what.rows},
          {"d", what.cols},
          {"K", what.rank},
          {"threads", what.threads}};
}

inline nlohmann::json to_json(const Row& row) {
  nlohmann::json out = to_json(row.what);
  out["ours"] = to_json(row.ours);
  out["gb_per_s"] = row.gigabytes();
  out["gflop_per_s"] = row.gigaflops();
  out["flop_per_byte"] = row.work.intensity();
  out["limit"] = row.limit();
  out["share_of_limit"] = row.share_of_limit();
  out["share_of_peak"] = row.share_of_peak();
  out["share_of_bandwidth"] = row.share_of_bandwidth();
  out["limits"] = {{"nontemporal_fill_gb_per_s", row.limits.stream / 1e9},
                   {"fill_gb_per_s", row.limits.fill / 1e9},
                   {"read_gb_per_s", row.limits.read / 1e9},
                   {"multiply_add_gflop_per_s", row.limits.flops / 1e9}};
  out["peers"] = nlohmann::json::array();
  for (const Timing& peer : row.peers) {
    out["peers"].push_back(to_json(peer));
    out["peers"].back()["ratio"] = peer.seconds / row.ours.seconds;
  }
  if (const Timing* const best = row.best_peer()) {
    out["best_peer"] = best->name;
    out["ratio_to_best_peer"] = best->seconds / row.ours.seconds;
  }
  for (const Timing& relative : row.relatives) {
    out["relatives"].push_back(to_json(relative));
    out["relatives"].back()["ratio"] = relative.seconds / row.ours.seconds;
  }
  return out;
}

inline nlohmann::json to_json(const std::vector<Row>& rows, const std::vector<OddRow>& odd_rows, nlohmann::json where) {
  nlohmann::json out{{"machine", std::move(where)}, {"rows", nlohmann::json::array()}};
  for (const auto& [peer, version] : peer_versions()) {
    out["peer_versions"][peer] = version;
  }
  for (const Row& row : rows) {
    out["rows"].push_back(to_json(row));
  }
  for (const OddRow& row : odd_rows) {
    out["odd_shapes"].push_back({{"odd", to_json(row.what.odd)},
                                 {"round", to_json(row.what.round)},
                                 {"odd_seconds", row.odd.seconds},
                                 {"round_seconds", row.round.seconds},
                                 {"per_element", row.per_element()},
                                 {"per_multiply_add", row.per_multiply_add()}});
  }
  return out;
}

}  // namespace bench
