// SPDX-License-Identifier: MIT
/// @file
/// A record of data as tokens.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ampsft {

/// Which tokens the loss counts: those of the assistant's answers with the token that ends them, or all.
enum class LossOn { answers, everything };

/// Tokens of one record.
struct EncodedRecord {
  std::vector<std::int32_t> ids;
  std::vector<bool> learned;  ///< whether a token is to be predicted from those before it; never the first
  std::size_t line = 1;

  [[nodiscard]] std::size_t learned_count() const {
    return static_cast<std::size_t>(std::count(learned.begin(), learned.end(), true));
  }
};

}  // namespace ampsft
