// SPDX-License-Identifier: MIT
/// @file
/// Strings that end a generated text.
#pragma once

#include <ampsft/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// Passes a text on, piece by piece, until a stop string occurs. Holds back what may be the beginning of one.
class StopStrings {
 public:
  StopStrings() = default;

  /// Throws `Error` for an empty string.
  explicit StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {
    for (const std::string& stop : stops_) {
      require(!stop.empty(), "a stop string must not be empty");
    }
  }

  /// Adds a piece. Returns the text that is certain to precede any stop string; nothing once one has occurred. If
  /// several end in one piece, the earliest counts.
  [[nodiscard]] std::string push(std::string_view piece) {
    if (stopped_) {
      return {};
    }
    held_ += piece;
    std::size_t end = std::string::npos;
    for (const std::string& stop : stops_) {
      end = std::min(end, held_.find(stop));
    }
    stopped_ = end != std::string::npos;
    std::string text = held_.substr(0, stopped_ ? end : held_.size() - beginning());
    held_.erase(0, stopped_ ? held_.size() : text.size());
    return text;
  }

  /// Whether a stop string has occurred.
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  /// The text that is held back, to be called at the end.
  [[nodiscard]] std::string finish() { return std::exchange(held_, {}); }

 private:
  /// The length of the longest end of the held text that is the beginning of a stop string.
  [[nodiscard]] std::size_t beginning() const {
    std::size_t longest = 0;
    for (const std::string& stop : stops_) {
      for (std::size_t length = std::min(stop.size() - 1, held_.size()); length > longest; --length) {
        if (std::string_view(held_).ends_with(std::string_view(stop).substr(0, length))) {
          longest = length;
        }
      }
    }
    return longest;
  }

  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace ampsft
