// SPDX-License-Identifier: MIT
/// @file
/// Keys and values of a text so far, so that new tokens cost their own computation only.
#pragma once

#include <ampsft/autograd/ops/cached_attention.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/cached_layer.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>

namespace ampsft {

/// The keys and values of one text in every layer.
///
/// Belongs to the model that filled it, and to its weights as they were. Memory: `2 * kv_heads * h` numbers a token and
/// layer, up to twice that while it grows; in a layer with a window of `w`, of at most `w + max(64, w / 8)` tokens.
template <Scalar T>
class KeyValueCache {
 public:
  using Layer = CachedLayer<T>;

  /// Tokens that it holds.
  [[nodiscard]] Index length() const noexcept { return length_; }

  /// How many of the first `length` tokens the text can go on from: `length`, or 0 if a layer with a window has dropped
  /// tokens that the next one would see. After tokens were added, at least the last `max(32, w / 16)` can be taken
  /// back. Throws `Error` for more than there are.
  [[nodiscard]] Index kept(Index length) const;

  /// Forgets all tokens from the `length`-th on, so that the text can go on otherwise. Throws `Error` for more than
  /// there are, and where the text cannot go on from there (`kept`).
  void truncate(Index length);

  /// Tokens of the longest text that it held since it was last empty.
  [[nodiscard]] Index longest() const noexcept { return longest_; }

  /// Bytes of all keys and values, and of the memory in which they may grow.
  [[nodiscard]] Index bytes() const noexcept;

  /// For the model: the layer, made when it is first asked for. It stays where it is.
  [[nodiscard]] Layer& layer(std::size_t index);

  /// For the model: so many tokens were added to all layers.
  void advance(Index count) noexcept;

 private:
  Index length_ = 0;
  Index longest_ = 0;
  std::deque<Layer> layers_;
};

/// Adds the keys and values of new tokens to a layer of a cache of `length` tokens, and attends to all that they see.
///
/// Shapes: `q` and the result `T x (heads * h)`, `k` and `v` `T x (kv_heads * h)`. Throws `Error` on a tape that
/// records, if the shapes do not fit, for documents, and where `options.window` is not that of the tokens before or the
/// layer has dropped tokens that the new ones see. Cost: as `causal_attention` forward. Memory: a text longer than
/// what a layer with a window keeps is held for the call.
template <Scalar T>
[[nodiscard]] Variable<T> cached_attention(Variable<T> q, Variable<T> k, Variable<T> v, CachedLayer<T>& layer,
                                           Index length, Index heads, const AttentionOptions& options = {});

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/key_value_cache_inl.hpp>
#endif
