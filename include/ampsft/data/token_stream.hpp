// SPDX-License-Identifier: MIT
/// @file
/// Batches from one long sequence of tokens.
#pragma once

#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/data/batch.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ampsft {

/// Owns the tokens of a text and returns windows of `length` tokens, with targets shifted by one.
class TokenStream {
 public:
  /// Throws `Error` for fewer than `length + 1` tokens: one window and its last target.
  TokenStream(std::vector<std::int32_t> tokens, Index length) : tokens_(std::move(tokens)), length_(length) {
    require(length >= 1, "a window must hold at least 1 token, not ", length);
    require(size() > length, "the text has ", size(), " tokens, too few for one window of ", length,
            " and the token after it; use more text or a shorter context");
  }

  [[nodiscard]] const std::vector<std::int32_t>& tokens() const noexcept { return tokens_; }
  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(tokens_.size()); }
  [[nodiscard]] Index length() const noexcept { return length_; }

  /// `sequences` windows that begin at uniformly drawn tokens. They may overlap.
  [[nodiscard]] Batch sample(Random& random, Index sequences) const {
    Batch batch = empty_batch(sequences);
    for (Index i = 0; i < sequences; ++i) {
      append_window(random.below(size() - length_), batch);
    }
    return batch;
  }

  /// The number of consecutive windows without overlap. The rest at the end of the text is dropped.
  [[nodiscard]] Index window_count() const noexcept { return (size() - 1) / length_; }

  /// `sequences` of those windows, from number `first`. Throws `Error` unless they exist.
  [[nodiscard]] Batch window_batch(Index first, Index sequences) const {
    Batch batch = empty_batch(sequences);
    require(first >= 0 && first <= window_count() - sequences, "windows ", first, " to ", first, " + ", sequences,
            " - 1 were asked for, but there are only ", window_count());
    for (Index i = 0; i < sequences; ++i) {
      append_window((first + i) * length_, batch);
    }
    return batch;
  }

 private:
  [[nodiscard]] Batch empty_batch(Index sequences) const {
    require(sequences >= 1, "a batch must hold at least 1 sequence, not ", sequences);
    return {.inputs = {}, .targets = {}, .sequences = sequences, .length = length_};
  }

  void append_window(Index begin, Batch& batch) const {
    const auto first = tokens_.begin() + begin;
    batch.inputs.insert(batch.inputs.end(), first, first + length_);
    batch.targets.insert(batch.targets.end(), first + 1, first + 1 + length_);
  }

  std::vector<std::int32_t> tokens_;
  Index length_;
};

}  // namespace ampsft
