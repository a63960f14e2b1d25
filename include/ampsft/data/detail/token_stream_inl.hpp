// SPDX-License-Identifier: MIT
/// @file
/// Bodies of token_stream.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/data/token_stream.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE TokenStream::TokenStream(std::vector<std::int32_t> tokens, Index length)
    : tokens_(std::move(tokens)), length_(length) {
  require(length >= 1, "a window must hold at least 1 token, not ", length);
  require(size() > length, "the text has ", size(), " tokens, too few for one window of ", length,
          " and the token after it; use more text or a shorter context");
}

AMPSFT_HEADER_INLINE Batch TokenStream::sample(Random& random, Index sequences) const {
  Batch batch = empty_batch(sequences);
  for (Index i = 0; i < sequences; ++i) {
    append_window(random.below(size() - length_), batch);
  }
  return batch;
}

AMPSFT_HEADER_INLINE Batch TokenStream::window_batch(Index first, Index sequences) const {
  Batch batch = empty_batch(sequences);
  require(first >= 0 && first <= window_count() - sequences, "windows ", first, " to ", first, " + ", sequences,
          " - 1 were asked for, but there are only ", window_count());
  for (Index i = 0; i < sequences; ++i) {
    append_window((first + i) * length_, batch);
  }
  return batch;
}

AMPSFT_HEADER_INLINE Batch TokenStream::empty_batch(Index sequences) const {
  require(sequences >= 1, "a batch must hold at least 1 sequence, not ", sequences);
  return {.inputs = {}, .targets = {}, .sequences = sequences, .length = length_};
}

AMPSFT_HEADER_INLINE void TokenStream::append_window(Index begin, Batch& batch) const {
  const auto first = tokens_.begin() + begin;
  batch.inputs.insert(batch.inputs.end(), first, first + length_);
  batch.targets.insert(batch.targets.end(), first + 1, first + 1 + length_);
}

}  // namespace ampsft
