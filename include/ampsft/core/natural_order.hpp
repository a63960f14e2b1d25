// SPDX-License-Identifier: MIT
/// @file
/// The order in which people list names: `layers.2` before `layers.10`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace ampsft {

namespace detail {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Cuts the run of digits at the front off, without its leading zeros.
constexpr std::string_view take_number(std::string_view& text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) {
    ++length;
  }
  std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

}  // namespace detail

/// Whether `a` stands before `b`: runs of digits compare by value, everything else by character; names that are alike
/// but for leading zeros compare as plain text, so that the order is strict and total.
[[nodiscard]] constexpr bool natural_less(std::string_view a, std::string_view b) noexcept {
  std::string_view x = a;
  std::string_view y = b;
  while (!x.empty() && !y.empty()) {
    if (detail::is_digit(x.front()) && detail::is_digit(y.front())) {
      const std::string_view m = detail::take_number(x);
      const std::string_view n = detail::take_number(y);
      if (m != n) {
        return m.size() != n.size() ? m.size() < n.size() : m < n;
      }
    } else {
      if (x.front() != y.front()) {
        return x.front() < y.front();
      }
      x.remove_prefix(1);
      y.remove_prefix(1);
    }
  }
  return x.empty() != y.empty() ? x.empty() : a < b;
}

}  // namespace ampsft
