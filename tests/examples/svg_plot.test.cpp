// SPDX-License-Identifier: MIT
/// @file
/// Axes with round places, and charts that stay well-formed and finite whatever they are given.
#include "support/svg_plot.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "examples/well_formed.hpp"
#include "support/axis.hpp"
#include "support/catch.hpp"

using namespace example;

namespace {

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> out;
  for (const auto& tick : axis.ticks) {
    out.push_back(tick.label);
  }
  return out;
}

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("linear axes have round ticks") {
  CHECK(labels(make_axis(6.13, 7.61, false, false, 6)) == std::vector<std::string>{"6.0", "6.5", "7.0", "7.5", "8.0"});
  CHECK(labels(make_axis(0.0, 60.0, false, true, 8)) ==
        std::vector<std::string>{"0", "10", "20", "30", "40", "50", "60"});
  CHECK(labels(make_axis(-0.021, 0.02, false, true, 4)) == std::vector<std::string>{"\u22120.02", "0.00", "0.02"});
  CHECK(labels(make_axis(0.0, 20000.0, false, true, 2)) == std::vector<std::string>{"0", "10,000", "20,000"});

  const Axis wide = make_axis(6.13, 7.61, false, false, 6);
  CHECK(wide.low == 6.0);
  CHECK(wide.place(6.0) == 0.0);
  CHECK(wide.place(7.0) == Approx(0.5));
  const Axis snug = make_axis(1.0, 256.0, false, true, 8);
  CHECK(snug.low == 1.0);
  CHECK(snug.high == 256.0);
}

TEST_CASE("logarithmic axes have decades, or more where those are few") {
  CHECK(labels(make_axis(2e-5, 0.3, true, true, 6)) == std::vector<std::string>{"10⁻⁴", "0.001", "0.01", "0.1"});
  CHECK(labels(make_axis(0.9, 32.0, true, true, 8)) == std::vector<std::string>{"1", "2", "5", "10", "20"});
  CHECK(labels(make_axis(0.31, 0.65, true, true, 8)) == std::vector<std::string>{"0.4", "0.5", "0.6"});
  CHECK(make_axis(1e-300, 1.0, true, true, 6).ticks.size() <= 8);

  const Axis axis = make_axis(0.01, 100.0, true, true, 6);
  CHECK(axis.place(0.01) == 0.0);
  CHECK(axis.place(1.0) == Approx(0.5));
  CHECK(axis.place(100.0) == Approx(1.0));
}

TEST_CASE("an axis of one value or of extreme ones is still an axis") {
  const bool log = GENERATE(false, true);
  const auto [low, high] = GENERATE(std::pair{5.0, 5.0}, std::pair{1e-300, 1e300}, std::pair{1e20, 1e20},
                                    std::pair{1e-7, 1.00001e-7}, std::pair{1.0, 1.0 + 1e-15}, std::pair{7.0, 3.0});
  const Axis axis = make_axis(low, high, log, false, 6);
  CHECK(axis.low < axis.high);
  CHECK(std::isfinite(axis.place(low)));
  CHECK(axis.place(low) >= -1e-9);
  CHECK(axis.place(low) <= 1.0 + 1e-9);
  CHECK(axis.ticks.size() <= 64);
}

TEST_CASE("a chart draws each curve, names it and tells it apart") {
  const std::string svg = svg_line_plot(
      {.title = "T & t", .x_label = "<x>", .y_label = "\"y\""},
      {{"first", {{0, 0}, {10, 1}}}, {"se<co>nd", {{0, 1}, {10, 0}}}, {"", {{5, .5}}, Series::Look::markers, 1}});
  CHECK(markup_error(svg) == "");
  CHECK(occurrences(svg, "<title>") == 2);
  CHECK(occurrences(svg, ">se&lt;co&gt;nd</text>") == 1);
  CHECK_THAT(svg, ContainsSubstring("T &amp; t"));
  CHECK_THAT(svg, ContainsSubstring("&lt;x&gt;"));
  CHECK_THAT(svg, ContainsSubstring("&quot;y&quot;"));
  CHECK(occurrences(svg, "var(--series-0,") == 2);  // curve and legend
  CHECK(occurrences(svg, "var(--series-1,") == 3);  // ... and the nameless one's marker
  CHECK(occurrences(svg, "stroke-dasharray") == 2);
  CHECK_THAT(svg, !ContainsSubstring("xmlns"));
}

TEST_CASE("the curve's ends lie at the corners of the plotting area") {
  const std::string svg = svg_line_plot({.width = 400}, {{"", {{0, 0}, {10, 1}}}});
  const std::size_t at = svg.find("<g><path d=\"M") + 13;
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  REQUIRE(std::sscanf(svg.c_str() + at, "%lf %lfL%lf %lf", &x1, &y1, &x2, &y2) == 4);
  CHECK(x2 == Approx(400.0 - 16.0));
  CHECK(x1 < 60.0);
  CHECK(y1 - y2 == Approx(340.0 - 44.0 - 24.0).margin(0.11));
}

TEST_CASE("points without a place are skipped") {
  const bool log = GENERATE(false, true);
  const std::string svg =
      svg_line_plot({.log_x = log, .log_y = log},
                    {{"a", {{1, 2}, {2, not_a_number}, {not_a_number, 3}, {infinity, 1}, {4, -infinity}, {8, 16}}}});
  CHECK(markup_error(svg) == "");
  CHECK_THAT(svg, !ContainsSubstring("nan") && !ContainsSubstring("inf"));
  const std::size_t curve = svg.find("<g>");
  CHECK(occurrences(svg.substr(curve), "L") == 1);  // two points are left

  CHECK(svg_line_plot({.log_y = true}, {{"a", {{1, 2}, {2, 0}, {3, -1}, {4, 8}}}}) ==
        svg_line_plot({.log_y = true}, {{"a", {{1, 2}, {4, 8}}}}));
}

TEST_CASE("a line of one point is a mark") {
  const std::string one = svg_line_plot({}, {{"", {{1, 1}, {2, not_a_number}}}});
  CHECK(occurrences(one, "style=\"fill:var(--series-0,") == 1);
  const std::string two = svg_line_plot({}, {{"", {{1, 1}, {2, 2}}}});
  CHECK(occurrences(two, "style=\"fill:var(--series-0,") == 0);
}

TEST_CASE("a chart of nothing has its axes") {
  const bool log = GENERATE(false, true);
  const PlotOptions options{.title = "empty", .log_x = log, .log_y = log};
  for (const auto& series :
       std::vector<std::vector<Series>>{{}, {Series{"a", {}}}, {Series{"a", {{not_a_number, not_a_number}}}}}) {
    const std::string svg = svg_line_plot(options, series);
    CHECK(markup_error(svg) == "");
    CHECK(occurrences(svg, "stroke-opacity=\".13\"") >= 4);
    CHECK_THAT(svg, !ContainsSubstring("nan") && !ContainsSubstring("inf"));
  }
}

TEST_CASE("given ticks and marks are drawn where they lie inside") {
  const std::string svg =
      svg_line_plot({.log_x = true, .x_ticks = {-1, 0, 1, 4, 32, 64}, .x_marks = {{8, "here"}, {100, "beyond"}}},
                    {{"", {{1, 1}, {32, 2}}}});
  CHECK_THAT(svg, ContainsSubstring(">4</text>") && ContainsSubstring(">32</text>") && ContainsSubstring(">here<"));
  CHECK_THAT(svg, !ContainsSubstring(">64</text>") && !ContainsSubstring("beyond") && !ContainsSubstring(">10</text>"));
}
