// SPDX-License-Identifier: MIT
/// @file
/// Bodies of stop_strings.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/generate/stop_strings.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE StopStrings::StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {
  for (const std::string& stop : stops_) {
    require(!stop.empty(), "a stop string must not be empty");
  }
}

AMPSFT_HEADER_INLINE std::string StopStrings::push(std::string_view piece) {
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

AMPSFT_HEADER_INLINE std::size_t StopStrings::beginning() const {
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

}  // namespace ampsft
