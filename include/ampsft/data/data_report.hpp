// SPDX-License-Identifier: MIT
/// @file
/// A report on the records of a data file.
#pragma once

#include <ampsft/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// Counts records and tokens. Counts every skipped record under its reason and names the first few.
struct DataReport {
  /// A skipped record: its line and why.
  struct Skipped {
    std::size_t line;
    std::string reason;
  };
  static constexpr std::size_t most_named = 20;

  std::size_t records = 0;    ///< records read
  std::size_t encoded = 0;    ///< records that became tokens
  std::size_t shortened = 0;  ///< records whose end was cut off
  std::size_t tokens = 0;
  std::size_t learned_tokens = 0;  ///< tokens that the loss counts
  std::size_t shortest = 0;        ///< the shortest record, in tokens
  std::size_t longest = 0;
  std::map<std::string, std::size_t, std::less<>> skipped;  ///< the number of records for each reason
  std::vector<Skipped> named;                               ///< the first ones

  /// Counts a skipped record. `details` are kept for the first few.
  void skip(std::size_t line, std::string_view reason, const std::string& details = "") {
    ++skipped[std::string(reason)];
    if (named.size() < most_named) {
      named.push_back({line, details.empty() ? std::string(reason) : concat(reason, ": ", details)});
    }
  }

  /// Counts a record of `size` tokens, of which the loss counts `learned`.
  void add(std::size_t size, std::size_t learned) {
    shortest = encoded == 0 ? size : std::min(shortest, size);
    longest = std::max(longest, size);
    ++encoded;
    tokens += size;
    learned_tokens += learned;
  }

  /// The report as lines of text.
  [[nodiscard]] std::string text() const {
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
};

}  // namespace ampsft
