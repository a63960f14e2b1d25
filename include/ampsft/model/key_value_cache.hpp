// SPDX-License-Identifier: MIT
/// @file
/// Keys and values of a text so far, so that new tokens cost their own computation only.
#pragma once

#include <ampsft/autograd/ops/cached_attention.hpp>
#include <ampsft/autograd/tape.hpp>
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
  [[nodiscard]] Index kept(Index length) const {
    require(length >= 0 && length <= length_, "a cache of ", length_, " tokens cannot be cut to ", length);
    const bool all = std::all_of(layers_.begin(), layers_.end(),
                                 [length](const Layer& layer) { return layer.can_go_on_from(length); });
    return all ? length : 0;
  }

  /// Forgets all tokens from the `length`-th on, so that the text can go on otherwise. Throws `Error` for more than
  /// there are, and where the text cannot go on from there (`kept`).
  void truncate(Index length) {
    require(kept(length) == length, "a cache of ", length_, " tokens cannot be cut to ", length,
            ", for a layer with a window has dropped tokens before that; cut it to 0 and read the text again");
    length_ = length;
    longest_ = length == 0 ? 0 : longest_;
  }

  /// Tokens of the longest text that it held since it was last empty.
  [[nodiscard]] Index longest() const noexcept { return longest_; }

  /// Bytes of all keys and values, and of the memory in which they may grow.
  [[nodiscard]] Index bytes() const noexcept {
    Index sum = 0;
    for (const Layer& layer : layers_) {
      sum += layer.bytes();
    }
    return sum;
  }

  /// For the model: the layer, made when it is first asked for. It stays where it is.
  [[nodiscard]] Layer& layer(std::size_t index) {
    if (index >= layers_.size()) {
      layers_.resize(index + 1);
    }
    return layers_[index];
  }

  /// For the model: so many tokens were added to all layers.
  void advance(Index count) noexcept {
    length_ += count;
    longest_ = std::max(longest_, length_);
  }

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
                                           Index length, Index heads, const AttentionOptions& options = {}) {
  require(!q.tape().recording(), "a cache of keys and values needs a tape of inference");
  return layer.append(length, k.map(), v.map(), options.window,
                      [&](const ConstMatrixMap<T>& keys, const ConstMatrixMap<T>& values) {
                        return attention_to_cache(q, keys, values, heads, options);
                      });
}

}  // namespace ampsft
