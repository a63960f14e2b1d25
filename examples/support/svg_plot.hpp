// SPDX-License-Identifier: MIT
/// @file
/// Line charts as SVG text, to be put into an HTML page.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/axis.hpp"
#include "support/html.hpp"

namespace example {

/// One curve: its points in drawing order, (x, y).
struct Series {
  enum class Look { line, markers, both };

  std::string name = {};  ///< In the legend, unless it is empty.
  std::vector<std::pair<double, double>> points = {};
  Look look = Look::line;
  int style = -1;  ///< Which colour, dash and marker; -1: the series' place in the list.
};

struct PlotOptions {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  bool log_x = false;
  bool log_y = false;
  bool y_from_zero = false;          ///< A linear y axis includes 0.
  int width = 640;                   ///< Units of the drawing; it scales to the room that it is given.
  int height = 340;                  ///< Of the plotting area with its axes; title and legend come on top.
  std::vector<double> x_ticks = {};  ///< Instead of round places.
  std::vector<std::pair<double, std::string>> x_marks = {};  ///< Named vertical lines, where x lies inside the axis.
};

namespace detail {

/// Okabe and Ito's colour-blind safe palette, darkened where it is too pale for white; a page overrides it by the
/// custom properties `--series-0`, ... (for its dark mode). The first is the text's own colour.
inline constexpr std::array<std::string_view, 7> palette{"currentColor", "#d55e00", "#0072b2", "#009e73",
                                                         "#b4548f",      "#a87400", "#2e96d0"};
inline constexpr std::array<std::string_view, 7> dashes{"", "7 4", "2 3", "11 3 2 3", "14 4", "5 2 1.5 2 1.5 2", "4 2"};
inline constexpr std::array<std::string_view, 5> marker_paths{
    "m-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z", "m-3-3h6v6h-6z", "m0-4 3.8 6.6h-7.6z",
    "m0-4.4 4.4 4.4-4.4 4.4-4.4-4.4z", "m-4-1.3h2.7v-2.7h2.6v2.7h2.7v2.6h-2.7v2.7h-2.6v-2.7h-2.7z"};

[[nodiscard]] inline std::string coordinate(double value) {
  return digits(value, std::chars_format::fixed, 1);
}

/// One step of a path: `M10.0 20.0`.
[[nodiscard]] inline std::string path_step(char command, double x, double y) {
  std::string out(1, command);  // appended to, not added up: GCC 12 warns falsely of "M" + std::string (its bug 105651)
  out += coordinate(x);
  out += ' ';
  out += coordinate(y);
  return out;
}

[[nodiscard]] inline std::string svg_text(double x, double y, std::string_view attributes, std::string_view text) {
  return text.empty() ? ""
                      : "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" " + std::string(attributes) +
                            ">" + escape(text) + "</text>\n";
}

[[nodiscard]] inline std::string svg_line(double x1, double y1, double x2, double y2, std::string_view attributes) {
  return "<path d=\"" + path_step('M', x1, y1) + path_step('L', x2, y2) + "\" " + std::string(attributes) + "/>\n";
}

/// Draws one chart; the members are its measures, in drawing units.
class Plot {
 public:
  Plot(const PlotOptions& options, const std::vector<Series>& series) : options_(options), series_(series) {
    double low[2] = {infinity, infinity};
    double high[2] = {-infinity, -infinity};
    for (const Series& one : series_) {
      for (const auto& [x, y] : one.points) {
        if (shows(x, y)) {
          low[0] = std::min(low[0], x);
          high[0] = std::max(high[0], x);
          low[1] = std::min(low[1], y);
          high[1] = std::max(high[1], y);
        }
      }
    }
    if (low[0] > high[0]) {  // nothing to draw: axes from 0 to 1, or over one decade
      low[0] = options_.log_x ? 0.1 : 0.0;
      low[1] = options_.log_y ? 0.1 : 0.0;
      high[0] = high[1] = 1.0;
    }
    if (options_.y_from_zero && !options_.log_y) {
      low[1] = std::min(low[1], 0.0);
      high[1] = std::max(high[1], 0.0);
    }
    x_ = make_axis(low[0], high[0], options_.log_x, true, 8);
    y_ = make_axis(low[1], high[1], options_.log_y, false, 6);
    if (!options_.x_ticks.empty()) {
      x_.ticks.clear();
      for (const double value : options_.x_ticks) {
        if (Axis::shows(value, x_.log) && value >= x_.low && value <= x_.high) {
          x_.ticks.push_back({value, value == std::floor(value) ? count(value) : brief(value)});
        }
      }
    }
    measure();
  }

  [[nodiscard]] std::string draw() const {
    const std::string width = std::to_string(options_.width);
    std::string out = "<svg class=\"plot\" role=\"img\" aria-label=\"" + escape(options_.title) + "\" viewBox=\"0 0 " +
                      width + " " + coordinate(bottom_ + below) + "\" width=\"" + width +
                      "\" font-size=\"12\" fill=\"currentColor\" stroke-linejoin=\"round\" stroke-linecap=\"butt\">\n";
    if (!options_.title.empty()) {
      out += svg_text(0, 14, "font-size=\"14\" font-weight=\"600\"", options_.title);
    }
    out += legend();
    out += svg_text(0, y_label_, faint, options_.y_label);
    for (const Axis::Tick& tick : y_.ticks) {
      out += svg_line(left_, to_y(tick.value), right_, to_y(tick.value), grid);
      out += svg_text(left_ - 7, to_y(tick.value) + 4, "text-anchor=\"end\"", tick.label);
    }
    for (const Axis::Tick& tick : x_.ticks) {
      out += svg_line(to_x(tick.value), top_, to_x(tick.value), bottom_, grid);
      out += svg_text(to_x(tick.value), bottom_ + 17, "text-anchor=\"middle\"", tick.label);
    }
    out += svg_line(left_, bottom_, right_, bottom_, "stroke=\"currentColor\" stroke-opacity=\".6\"");
    out +=
        svg_text((left_ + right_) / 2, bottom_ + 36, "fill-opacity=\".75\" text-anchor=\"middle\"", options_.x_label);
    for (const auto& [value, name] : options_.x_marks) {
      if (Axis::shows(value, x_.log) && value >= x_.low && value <= x_.high) {
        out += svg_line(to_x(value), top_ - 4, to_x(value), bottom_,
                        "stroke=\"currentColor\" stroke-opacity=\".55\" stroke-dasharray=\"3 3\"");
        out += svg_text(to_x(value), top_ - 8, "fill-opacity=\".75\" text-anchor=\"middle\"", name);
      }
    }
    for (std::size_t i = 0; i < series_.size(); ++i) {
      out += curve(i);
    }
    return out + "</svg>\n";
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr double letter = 6.4;  // a generous mean width of a character at this size
  static constexpr double swatch = 30;   // the line in the legend
  static constexpr double below = 44;    // for the x axis' numbers and label
  static constexpr std::string_view faint = "fill-opacity=\".75\"";
  static constexpr std::string_view grid = "stroke=\"currentColor\" stroke-opacity=\".13\"";

  struct Entry {
    std::size_t series;
    double x;
    double y;
  };

  [[nodiscard]] bool shows(double x, double y) const noexcept {
    return Axis::shows(x, options_.log_x) && Axis::shows(y, options_.log_y);
  }

  /// Places the legend in rows above the plotting area, so that it never covers data, and the area under it.
  void measure() {
    double y = options_.title.empty() ? 0 : 24;
    double x = 0;
    for (std::size_t i = 0; i < series_.size(); ++i) {
      if (series_[i].name.empty()) {
        continue;
      }
      const double width = swatch + 8 + letter * static_cast<double>(characters(series_[i].name)) + 20;
      if (x > 0 && x + width > options_.width) {
        x = 0;
        y += 19;
      }
      entries_.push_back({i, x, y + 14});
      x += width;
    }
    y += entries_.empty() ? 0 : 26;
    y_label_ = y + 13;
    top_ = y + 24 + (options_.x_marks.empty() ? 0 : 16);
    bottom_ = top_ + std::max(40.0, options_.height - below - 24);
    std::size_t longest = 0;
    for (const Axis::Tick& tick : y_.ticks) {
      longest = std::max(longest, characters(tick.label));
    }
    left_ = 12 + letter * static_cast<double>(longest);
    right_ = std::max(left_ + 40, options_.width - 16.0);
  }

  [[nodiscard]] double to_x(double value) const noexcept { return left_ + (right_ - left_) * x_.place(value); }
  [[nodiscard]] double to_y(double value) const noexcept { return bottom_ - (bottom_ - top_) * y_.place(value); }

  [[nodiscard]] std::size_t style(std::size_t series) const noexcept {
    return series_[series].style >= 0 ? static_cast<std::size_t>(series_[series].style) : series;
  }

  [[nodiscard]] std::string colour(std::size_t series) const {
    const std::size_t index = style(series) % palette.size();
    return "var(--series-" + std::to_string(index) + "," + std::string(palette[index]) + ")";
  }

  [[nodiscard]] std::string stroke(std::size_t series) const {
    const std::string_view dash = dashes[style(series) % dashes.size()];
    return "fill=\"none\" stroke-width=\"1.8\" style=\"stroke:" + colour(series) + "\"" +
           (dash.empty() ? "" : " stroke-dasharray=\"" + std::string(dash) + "\"");
  }

  [[nodiscard]] std::string marker(std::size_t series, double x, double y) const {
    return path_step('M', x, y).append(marker_paths[style(series) % marker_paths.size()]);
  }

  [[nodiscard]] std::string legend() const {
    std::string out;
    for (const Entry& entry : entries_) {
      if (series_[entry.series].look != Series::Look::markers) {
        out += svg_line(entry.x, entry.y - 4, entry.x + swatch, entry.y - 4, stroke(entry.series));
      }
      if (series_[entry.series].look != Series::Look::line) {
        out += "<path d=\"" + marker(entry.series, entry.x + swatch / 2, entry.y - 4) +
               "\" style=\"fill:" + colour(entry.series) + "\"/>\n";
      }
      out += svg_text(entry.x + swatch + 8, entry.y, "", series_[entry.series].name);
    }
    return out;
  }

  [[nodiscard]] std::string curve(std::size_t index) const {
    const Series& one = series_[index];
    std::string line;
    std::string markers;
    std::size_t shown = 0;
    for (const auto& [x, y] : one.points) {
      if (shows(x, y)) {
        line += path_step(shown++ == 0 ? 'M' : 'L', to_x(x), to_y(y));
        markers += marker(index, to_x(x), to_y(y));
      }
    }
    std::string out = "<g>";
    out += one.name.empty() ? "" : "<title>" + escape(one.name) + "</title>";
    if (shown > 1 && one.look != Series::Look::markers) {
      out += "<path d=\"" + line + "\" " + stroke(index) + "/>\n";
    }
    if (shown == 1 || (shown > 1 && one.look != Series::Look::line)) {
      out += "<path d=\"" + markers + "\" style=\"fill:" + colour(index) + "\"/>";
    }
    return out + "</g>\n";
  }

  const PlotOptions& options_;
  const std::vector<Series>& series_;
  Axis x_;
  Axis y_;
  std::vector<Entry> entries_;
  double y_label_ = 0;
  double top_ = 0;
  double bottom_ = 0;
  double left_ = 0;
  double right_ = 0;
};

}  // namespace detail

/// One `<svg>` element with title, legend, axes, grid and curves; text in the colour and font of its surroundings.
///
/// Points that are not finite, or not positive on a logarithmic axis, are skipped and the curve goes on behind them;
/// without any point there are only axes. Memory: some 12 bytes of text a point.
[[nodiscard]] inline std::string svg_line_plot(const PlotOptions& options, const std::vector<Series>& series) {
  return detail::Plot(options, series).draw();
}

}  // namespace example
