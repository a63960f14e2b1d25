// SPDX-License-Identifier: MIT
/// @file
/// Bodies of data_report.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/data/data_report.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE void DataReport::skip(std::size_t line, std::string_view reason, const std::string& details) {
  ++skipped[std::string(reason)];
  if (named.size() < most_named) {
    named.push_back({line, details.empty() ? std::string(reason) : concat(reason, ": ", details)});
  }
}

AMPSFT_HEADER_INLINE void DataReport::add(std::size_t size, std::size_t learned) {
  shortest = encoded == 0 ? size : std::min(shortest, size);
  longest = std::max(longest, size);
  ++encoded;
  tokens += size;
  learned_tokens += learned;
}

AMPSFT_HEADER_INLINE std::string DataReport::text() const {
  std::string lines = concat(records, " records read, ", encoded, " used");
  if (shortened > 0) {
    lines += concat(", ", shortened, " of them cut off");
  }
  if (encoded > 0) {
    lines += concat("\n", tokens, " tokens, ", learned_tokens, " of them learned; ", shortest, " to ", longest,
                    " tokens a record, ", tokens / encoded, " on average");
  }
  for (const auto& [reason, count] : skipped) {
    lines += concat("\n", count, " skipped: ", reason);
  }
  for (const Skipped& record : named) {
    lines += concat("\n  line ", record.line, ": ", record.reason);
  }
  return lines + '\n';
}

}  // namespace ampsft
