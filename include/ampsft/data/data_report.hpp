// SPDX-License-Identifier: MIT
/// @file
/// A report on the records of a data file.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>

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
  void skip(std::size_t line, std::string_view reason, const std::string& details = "");

  /// Counts a record of `size` tokens, of which the loss counts `learned`.
  void add(std::size_t size, std::size_t learned);

  /// Why records were skipped, in one line: "3 skipped: there is nothing to learn in it"; empty if none was.
  [[nodiscard]] std::string reasons() const {
    std::string all;
    for (const auto& [reason, count] : skipped) {
      all += concat(all.empty() ? "" : ", ", count, " skipped: ", reason);
    }
    for (const Skipped& record : named) {
      all += concat(&record == &named.front() ? " (line " : "; line ", record.line, ": ", record.reason);
    }
    return named.empty() ? all : all + ')';
  }

  /// The report as lines of text.
  [[nodiscard]] std::string text() const;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/data/detail/data_report_inl.hpp>
#endif
