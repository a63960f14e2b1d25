// SPDX-License-Identifier: MIT
/// @file
/// Strings that end a generated text.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>

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
  explicit StopStrings(std::vector<std::string> stops);

  /// Adds a piece. Returns the text that is certain to precede any stop string; nothing once one has occurred. If
  /// several end in one piece, the earliest counts.
  [[nodiscard]] std::string push(std::string_view piece);

  /// Whether a stop string has occurred.
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  /// The text that is held back, to be called at the end.
  [[nodiscard]] std::string finish() { return std::exchange(held_, {}); }

 private:
  /// The length of the longest end of the held text that is the beginning of a stop string.
  [[nodiscard]] std::size_t beginning() const;

  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/generate/detail/stop_strings_inl.hpp>
#endif
