// SPDX-License-Identifier: MIT
/// @file
/// The report's charts; each is empty where the report lacks its numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "paper72/html/fields.hpp"
#include "support/html.hpp"
#include "support/svg_plot.hpp"

namespace paper72::html {

/// A chart with the sentence that explains it.
[[nodiscard]] inline std::string figure(const std::string& svg, const std::string& caption) {
  return "<figure><div class=\"wide\">" + svg + "</div><figcaption>" + example::escape(caption) +
         "</figcaption></figure>\n";
}

/// Steps that the moving average of a loss curve of `count` steps looks back over.
[[nodiscard]] inline double smoothing_window(std::size_t count) {
  return std::max(1.0, std::round(static_cast<double>(count) / 15.0));
}

/// Exponential moving average over about `window` points, without the bias towards the first one (Kingma and Ba 2014,
/// section 3); points that are not finite are left out. At most about 500 points come back, evenly spaced: more than
/// a screen shows.
[[nodiscard]] inline Points smoothed(const Points& points, double window) {
  const double keep = 1.0 - 2.0 / (window + 1.0);
  const std::size_t stride = points.size() / 500 + 1;
  double sum = 0.0;
  double weight = 0.0;
  Points out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto [x, y] = points[i];
    if (!std::isfinite(y)) {
      continue;
    }
    sum = keep * sum + (1.0 - keep) * y;
    weight = keep * weight + (1.0 - keep);
    if (i % stride == 0 || i + 1 == points.size()) {
      out.emplace_back(x, sum / weight);
    }
  }
  return out;
}

/// Adds one run's smoothed training losses and, in the same colour, its validation losses.
inline void add_run(std::vector<example::Series>& series, const std::string& name, const Json& run, int style) {
  using Look = example::Series::Look;
  const Json& losses = field(run, "losses");
  if (!losses.empty()) {
    series.push_back({name, smoothed(counted(losses, 0), smoothing_window(losses.size())), Look::line, style});
  }
  if (Points validation = pairs(field(run, "validation")); !validation.empty()) {
    series.push_back({losses.empty() ? name : "", std::move(validation), Look::markers, style});
  }
}

[[nodiscard]] inline std::string run_caption(std::size_t steps) {
  return "Lines: training loss, an exponential moving average over about " + example::count(smoothing_window(steps)) +
         " steps. Marks: validation loss.";
}

/// The loss curves of all methods.
[[nodiscard]] inline std::string loss_chart(const Json& report) {
  std::vector<example::Series> series;
  std::size_t steps = 0;
  int style = 0;
  for (const Json& one : field(report, "methods")) {
    add_run(series, name(one), one, style++);
    steps = std::max(steps, field(one, "losses").size());
  }
  if (series.empty()) {
    return "";
  }
  return figure(
      example::svg_line_plot({.title = "Loss curves", .x_label = "step", .y_label = "loss, nats per token"}, series),
      run_caption(steps));
}

[[nodiscard]] inline std::string pretraining_chart(const Json& report) {
  const Json& run = field(report, "pretraining");
  std::vector<example::Series> series;
  add_run(series, "", run, 0);
  if (series.empty()) {
    return "";
  }
  return figure(example::svg_line_plot(
                    {.title = "The base model’s loss", .x_label = "step", .y_label = "loss, nats per token"}, series),
                run_caption(field(run, "losses").size()));
}

/// R2 and the centred variance share against the rank.
[[nodiscard]] inline std::string r2_chart(const Json& report) {
  std::vector<example::Series> series{
      {"R², the paper’s: the mean counts as explained", {}, example::Series::Look::both},
      {"share of the centred variance", {}, example::Series::Look::both}};
  std::vector<double> ranks;
  for (const auto& [rank, value] : by_rank(field(report, "r2_by_rank"))) {
    series[0].points.emplace_back(rank, number(value));
    ranks.push_back(rank);
  }
  for (const auto& [rank, value] : by_rank(field(report, "variance_by_rank"))) {
    series[1].points.emplace_back(rank, number(value));
  }
  if (ranks.empty()) {
    return "";
  }
  return figure(example::svg_line_plot({.title = "R² and variance share",
                                        .x_label = "directions K",
                                        .y_label = "share explained",
                                        .log_x = true,
                                        .y_from_zero = true,
                                        .x_ticks = ranks},
                                       series),
                "What is left out at the chosen K is what the truncated form throws away before training starts.");
}

[[nodiscard]] inline std::string spectrum_chart(const Json& report) {
  const Json& shares = field(report, "spectrum");
  if (shares.empty()) {
    return "";
  }
  example::PlotOptions options{.title = "Spectrum of the stacked weights",
                               .x_label = "direction",
                               .y_label = "share of the centred variance",
                               .log_y = true};
  if (const double rank = number(report, "rank"); std::isfinite(rank)) {
    options.x_marks.emplace_back(rank, "K = " + example::count(rank));
  }
  if (const double rank = number(report, "rank_for_95_percent"); std::isfinite(rank)) {
    options.x_marks.emplace_back(rank, "95\u202F%");
  }
  const double ratio = number(report, "participation_ratio");
  return figure(example::svg_line_plot(options, {{"", counted(shares, 1)}}),
                std::isfinite(ratio) ? "Participation ratio " + example::fixed(ratio, 1) + " of " +
                                           example::count(static_cast<double>(shares.size())) + " directions."
                                     : "");
}

/// Recovery against the rank of exact start.
[[nodiscard]] inline std::string recovery_chart(const Json& report) {
  example::Series series{"", {}, example::Series::Look::both, 3};
  std::vector<double> ranks;
  for (const auto& [rank, entry] : by_rank(field(report, "recovery_by_rank"))) {
    series.points.emplace_back(rank, 100.0 * number(entry, "recovery"));
    ranks.push_back(rank);
  }
  if (ranks.size() < 2) {
    return "";
  }
  return figure(example::svg_line_plot({.title = "Exact start on every matrix",
                                        .x_label = "directions K",
                                        .y_label = "recovery, %",
                                        .log_x = true,
                                        .x_ticks = ranks},
                                       {series}),
                "The learning rate is chosen for each K.");
}

}  // namespace paper72::html
