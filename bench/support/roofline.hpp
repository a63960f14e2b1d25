// SPDX-License-Identifier: MIT
/// @file
/// A roofline plot as a file of its own: roofs, a dot for each kernel, its name beside it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "support/axis.hpp"
#include "support/html.hpp"
#include "support/svg_plot.hpp"

namespace bench {

/// A dot: operations a byte, GFLOP/s.
struct Dot {
  std::string label;
  double intensity = 0;
  double gigaflops = 0;
  int colour = 0;  ///< which of the palette
};

/// `GB/s` where it rises, up to `gigaflops` where it is flat.
struct Roof {
  std::string label;
  double gigabytes = 0;
  double gigaflops = 0;
};

/// One panel: the roofs and dots of one thread count.
struct Panel {
  std::string title;
  std::vector<Roof> roofs;
  std::vector<Dot> dots;
};

/// Draws panels below each other; the labels stand in a column at the right, joined to their dots.
class Roofline {
 public:
  explicit Roofline(std::vector<Panel> panels) : panels_(std::move(panels)) {
    double most = 1;
    double least = 1e9;
    double widest = 1;
    double narrowest = 1e9;
    for (const Panel& panel : panels_) {
      for (const Dot& dot : panel.dots) {
        least = std::min(least, dot.gigaflops);
        widest = std::max(widest, dot.intensity);
        narrowest = std::min(narrowest, dot.intensity);
      }
      for (const Roof& roof : panel.roofs) {
        most = std::max(most, roof.gigaflops);
      }
      // Room for the labels at the smallest distance from each other.
      height_ = std::max(height_, line * static_cast<double>(panel.dots.size()) + 20.0);
    }
    x_ = example::make_axis(narrowest / 2, widest * 2, true, true, 8);
    y_ = example::make_axis(least / 2, most * 1.4, true, true, 8);
  }

  [[nodiscard]] std::string draw() const {
    const double all = (height_ + above + below) * static_cast<double>(panels_.size());
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + xy(width) + " " + xy(all) +
                      "\" width=\"" + xy(width) + "\" height=\"" + xy(all) +
                      "\" font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\" color=\"#222\">\n"
                      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    double top = above;
    for (const Panel& panel : panels_) {
      out += draw(panel, top);
      top += height_ + above + below;
    }
    return out + "</svg>\n";
  }

 private:
  static constexpr double width = 1120;
  static constexpr double left = 56;
  static constexpr double right = 660;
  static constexpr double names = 720;  // where the labels begin
  static constexpr double line = 14;
  static constexpr double above = 44;
  static constexpr double below = 48;

  static std::string xy(double value) { return example::detail::coordinate(value); }
  static std::string colour(int index) {
    constexpr std::array<const char*, 6> colours{"#0072b2", "#d55e00", "#009e73", "#b4548f", "#a87400", "#555555"};
    return colours[static_cast<std::size_t>(index) % colours.size()];
  }
  [[nodiscard]] double to_x(double value) const { return left + (right - left) * x_.place(value); }
  [[nodiscard]] double to_y(double value, double top) const { return top + height_ * (1.0 - y_.place(value)); }

  [[nodiscard]] std::string draw(const Panel& panel, double top) const {
    using example::detail::svg_line;
    using example::detail::svg_text;
    const double bottom = top + height_;
    std::string out = svg_text(left, top - 22, "font-size=\"14\" font-weight=\"600\"", panel.title);
    out += svg_text(8, top - 6, "", "GFLOP/s");
    for (const auto& tick : y_.ticks) {
      out += svg_line(left, to_y(tick.value, top), right, to_y(tick.value, top), "stroke=\"#ddd\"");
      out += svg_text(left - 6, to_y(tick.value, top) + 4, "text-anchor=\"end\"", tick.label);
    }
    for (const auto& tick : x_.ticks) {
      out += svg_line(to_x(tick.value), top, to_x(tick.value), bottom, "stroke=\"#ddd\"");
      out += svg_text(to_x(tick.value), bottom + 16, "text-anchor=\"middle\"", tick.label);
    }
    out += svg_text((left + right) / 2, bottom + 34, "text-anchor=\"middle\"", "arithmetic intensity, FLOP per byte");
    double along = 8;
    for (const Roof& roof : panel.roofs) {
      out += draw(roof, top, along);
      along = roof.gigabytes > 0 && along < 100 ? 130 : 8;  // neighbours' names must not cover each other
    }
    return out + draw(panel.dots, top);
  }

  [[nodiscard]] std::string draw(const Roof& roof, double top, double along) const {
    using example::detail::svg_line;
    using example::detail::svg_text;
    const std::string_view look = "stroke=\"#444\" stroke-width=\"1.4\"";
    if (roof.gigabytes <= 0) {
      const double y = to_y(roof.gigaflops, top);
      return svg_line(left, y, right, y, look) +
             svg_text(left + 6, y - 4, "", roof.label + " " + example::fixed(roof.gigaflops, 0) + " GFLOP/s");
    }
    const double start = std::max(x_.low, y_.low / roof.gigabytes);
    const double ridge = std::clamp(roof.gigaflops / roof.gigabytes, start, x_.high);
    const double x1 = to_x(start);
    const double y1 = to_y(start * roof.gigabytes, top);
    const double x2 = to_x(ridge);
    const double y2 = to_y(ridge * roof.gigabytes, top);
    const double angle = std::atan2(y2 - y1, x2 - x1) * 57.29578;
    return svg_line(x1, y1, x2, y2, look) +
           svg_text(0, 0,
                    "transform=\"translate(" + xy(x1 + along) + " " +
                        xy(y1 - 5 + along * (y2 - y1) / std::max(x2 - x1, 1.0)) + ") rotate(" + xy(angle) + ")\"",
                    roof.label + " " + example::fixed(roof.gigabytes, 1) + " GB/s");
  }

  /// Labels in the order of their dots' heights, so that the lines to them hardly cross.
  [[nodiscard]] std::string draw(std::vector<Dot> dots, double top) const {
    std::sort(dots.begin(), dots.end(), [](const Dot& a, const Dot& b) {
      return a.gigaflops != b.gigaflops ? a.gigaflops > b.gigaflops : a.intensity > b.intensity;
    });
    std::vector<double> places;
    double next = top + 6;
    for (const Dot& dot : dots) {
      next = std::max(next, to_y(dot.gigaflops, top));
      places.push_back(next);
      next += line;
    }
    double last = top + height_ - 4;  // those that slid out at the bottom push the others up
    for (std::size_t i = places.size(); i-- > 0; last -= line) {
      places[i] = std::min(places[i], last);
      last = places[i];
    }
    std::string out;
    for (std::size_t i = 0; i < dots.size(); ++i) {
      const double x = to_x(dots[i].intensity);
      const double y = to_y(dots[i].gigaflops, top);
      const std::string paint = colour(dots[i].colour);
      out += "<path d=\"" + example::detail::path_step('M', x, y) + example::detail::path_step('L', right + 8, y) +
             example::detail::path_step('L', names - 6, places[i]) + "\" fill=\"none\" stroke=\"" + paint +
             "\" stroke-opacity=\".35\" stroke-width=\".8\"/>\n";
      out += "<circle cx=\"" + xy(x) + "\" cy=\"" + xy(y) + "\" r=\"3.6\" fill=\"" + paint + "\"/>\n";
      out += example::detail::svg_text(names, places[i] + 4, "fill=\"" + paint + "\"", dots[i].label);
    }
    return out;
  }

  std::vector<Panel> panels_;
  double height_ = 380;
  example::Axis x_;
  example::Axis y_;
};

}  // namespace bench
