// SPDX-License-Identifier: MIT
/// @file
/// What a model reads in one pass.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/tensor.hpp>

#include <cstdint>
#include <span>

namespace ampsft {

/// Token ids of one pass, sequence after sequence, all of one length; the spans must live as long as the call.
struct TokenBatch {
  std::span<const std::int32_t> tokens;
  Index sequences = 1;
  std::span<const std::int32_t> targets = {};    ///< of a loss: one a token, negative ones ignored
  std::span<const std::int32_t> documents = {};  ///< of each token, or empty: tokens see their own document alone;
                                                 ///< negative: padding
  std::span<const std::int32_t> positions = {};  ///< of each token, or empty: from 0 in every sequence

  /// Tokens of a sequence.
  [[nodiscard]] Index length() const noexcept { return static_cast<Index>(tokens.size()) / sequences; }

  /// Throws `Error` unless the tokens are whole sequences of at most `context`, with as many documents and positions,
  /// and all positions lie in the context.
  void validate(Index context) const {
    const auto count = static_cast<Index>(tokens.size());
    require(sequences > 0 && count > 0 && count % sequences == 0, count, " tokens are not ", sequences,
            " sequences of one length");
    require(length() <= context, "a sequence of ", length(), " tokens is longer than the context of ", context);
    require(documents.empty() || documents.size() == tokens.size(), documents.size(), " documents for ", count,
            " tokens");
    require(positions.empty() || positions.size() == tokens.size(), positions.size(), " positions for ", count,
            " tokens");
    for (const std::int32_t position : positions) {
      require(position >= 0 && position < context, "position ", position, " is outside of the context of ", context);
    }
  }
};

}  // namespace ampsft
