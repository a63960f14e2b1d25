// SPDX-License-Identifier: MIT
/// @file
/// Numbers and tables for pages that a program writes: escaping, number formatting, a table builder.
#pragma once

#include <ampsft/core/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace example {

/// The text as HTML or SVG shows it literally; control characters other than tab and newline become U+FFFD.
[[nodiscard]] inline std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
          out += "\uFFFD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

/// What stands for a number that is not there or not finite.
inline constexpr std::string_view no_number = "–";

namespace detail {

/// Digits as `std::to_chars` gives them, whatever the locale; huge fixed numbers fall back to an exponent.
[[nodiscard]] inline std::string digits(double value, std::chars_format format, int precision) {
  std::array<char, 64> buffer{};
  auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
  if (result.ec != std::errc{}) {
    result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific, 3);
  }
  return {buffer.data(), result.ptr};
}

}  // namespace detail

/// `-1234.5` with two decimals is `−1,234.50`; a dash if the value is not finite.
[[nodiscard]] inline std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) {
    return std::string(no_number);
  }
  std::string text = detail::digits(std::abs(value), std::chars_format::fixed, std::clamp(decimals, 0, 12));
  const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  if (whole == text.size() || text[whole] == '.') {  // not the exponent of a huge number
    for (std::size_t place = whole; place > 3; place -= 3) {
      text.insert(place - 3, 1, ',');
    }
  }
  const bool shows_zero = text.find_first_of("123456789") == std::string::npos;
  return std::signbit(value) && !shows_zero ? "\u2212" + text : text;
}

/// A count with thousands separators.
[[nodiscard]] inline std::string count(double value) {
  return fixed(value, 0);
}

/// The share 0.918 is `91.8 %`.
[[nodiscard]] inline std::string percent(double share, int decimals = 1) {
  return std::isfinite(share) ? fixed(100.0 * share, decimals) + "\u202F%" : std::string(no_number);
}

/// Three significant digits, the exponent only where it is shorter: for learning rates.
[[nodiscard]] inline std::string brief(double value) {
  return std::isfinite(value) ? detail::digits(value, std::chars_format::general, 3) : std::string(no_number);
}

/// A size in decimal units, three digits: `1.49 MB`.
[[nodiscard]] inline std::string bytes(double size) {
  constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (size >= 999.5 && unit + 1 < units.size()) {
    size /= 1000.0;
    ++unit;
  }
  if (!std::isfinite(size)) {
    return std::string(no_number);
  }
  const int decimals = unit == 0 || size >= 99.95 ? 0 : (size >= 9.995 ? 1 : 2);
  return fixed(size, decimals) + "\u00A0" + std::string(units[unit]);
}

/// Characters (code points) of a UTF-8 text.
[[nodiscard]] inline std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// An HTML table, built row by row; the first cell of a row is its header.
class Table {
 public:
  struct Column {
    std::string header;
    bool numeric = true;  ///< Right-aligned, one line.
  };

  struct Cell {
    Cell(std::string content, bool emphasised = false) : text(std::move(content)), strong(emphasised) {}
    Cell(const char* content) : text(content) {}

    std::string text;
    bool strong = false;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Appends a row of as many cells as there are columns; their texts are escaped here.
  Table& row(const std::vector<Cell>& cells) {
    ampsft::require(cells.size() == columns_.size(), "a row of ", cells.size(), " cells in a table of ",
                    columns_.size(), " columns; give one cell a column");
    body_ += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text = escape(cells[i].text);
      body_ += element(i == 0 ? "th" : "td", i == 0 ? " scope=\"row\"" : "", i,
                       cells[i].strong ? "<strong>" + text + "</strong>" : text);
    }
    body_ += "</tr>\n";
    return *this;
  }

  [[nodiscard]] bool empty() const noexcept { return body_.empty(); }

  /// The table inside a `div.wide`, which a style may let scroll.
  [[nodiscard]] std::string html() const {
    std::string head;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      head += element("th", " scope=\"col\"", i, escape(columns_[i].header));
    }
    return "<div class=\"wide\"><table>\n<thead><tr>" + head + "</tr></thead>\n<tbody>\n" + body_ +
           "</tbody></table></div>\n";
  }

 private:
  [[nodiscard]] std::string element(const std::string& tag, const std::string& attributes, std::size_t column,
                                    const std::string& content) const {
    return "<" + tag + attributes + (columns_[column].numeric ? " class=\"number\">" : ">") + content + "</" + tag +
           ">";
  }

  std::vector<Column> columns_;
  std::string body_;
};

}  // namespace example
