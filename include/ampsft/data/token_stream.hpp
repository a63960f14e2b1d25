// SPDX-License-Identifier: MIT
/// @file
/// Batches from one long sequence of tokens.
#pragma once

#include <ampsft/core/instances.hpp>
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
  TokenStream(std::vector<std::int32_t> tokens, Index length);

  [[nodiscard]] const std::vector<std::int32_t>& tokens() const noexcept { return tokens_; }
  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(tokens_.size()); }
  [[nodiscard]] Index length() const noexcept { return length_; }

  /// `sequences` windows that begin at uniformly drawn tokens. They may overlap.
  [[nodiscard]] Batch sample(Random& random, Index sequences) const;

  /// The number of consecutive windows without overlap. The rest at the end of the text is dropped.
  [[nodiscard]] Index window_count() const noexcept { return (size() - 1) / length_; }

  /// `sequences` of those windows, from number `first`. Throws `Error` unless they exist.
  [[nodiscard]] Batch window_batch(Index first, Index sequences) const;

 private:
  [[nodiscard]] Batch empty_batch(Index sequences) const;

  void append_window(Index begin, Batch& batch) const;

  std::vector<std::int32_t> tokens_;
  Index length_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/data/detail/token_stream_inl.hpp>
#endif
