// SPDX-License-Identifier: MIT
/// @file
/// Bodies of key_value_cache.hpp.
#pragma once

#include <ampsft/autograd/ops/cached_attention.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/model/cached_layer.hpp>
#include <ampsft/model/key_value_cache.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>

namespace ampsft {

template <Scalar T>
Index KeyValueCache<T>::kept(Index length) const {
  require(length >= 0 && length <= length_, "a cache of ", length_, " tokens cannot be cut to ", length);
  const bool all = std::all_of(layers_.begin(), layers_.end(),
                               [length](const Layer& layer) { return layer.can_go_on_from(length); });
  return all ? length : 0;
}

template <Scalar T>
void KeyValueCache<T>::truncate(Index length) {
  require(kept(length) == length, "a cache of ", length_, " tokens cannot be cut to ", length,
          ", for a layer with a window has dropped tokens before that; cut it to 0 and read the text again");
  length_ = length;
  longest_ = length == 0 ? 0 : longest_;
}

template <Scalar T>
Index KeyValueCache<T>::bytes() const noexcept {
  Index sum = 0;
  for (const Layer& layer : layers_) {
    sum += layer.bytes();
  }
  return sum;
}

template <Scalar T>
typename KeyValueCache<T>::Layer& KeyValueCache<T>::layer(std::size_t index) {
  if (index >= layers_.size()) {
    layers_.resize(index + 1);
  }
  return layers_[index];
}

template <Scalar T>
void KeyValueCache<T>::advance(Index count) noexcept {
  length_ += count;
  longest_ = std::max(longest_, length_);
}

template <Scalar T>
Variable<T> cached_attention(Variable<T> q, Variable<T> k, Variable<T> v, CachedLayer<T>& layer, Index length,
                             Index heads, const AttentionOptions& options) {
  require(!q.tape().recording(), "a cache of keys and values needs a tape of inference");
  return layer.append(length, k.map(), v.map(), options.window,
                      [&](const ConstMatrixMap<T>& keys, const ConstMatrixMap<T>& values) {
                        return attention_to_cache(q, keys, values, heads, options);
                      });
}

AMPSFT_INSTANCE(class KeyValueCache<float>);
AMPSFT_INSTANCE(class KeyValueCache<double>);
AMPSFT_INSTANCE(Variable<float> cached_attention(Variable<float> q, Variable<float> k, Variable<float> v,
                                                 CachedLayer<float>& layer, Index length, Index heads,
                                                 const AttentionOptions& options));

AMPSFT_INSTANCE(Variable<double> cached_attention(Variable<double> q, Variable<double> k, Variable<double> v,
                                                  CachedLayer<double>& layer, Index length, Index heads,
                                                  const AttentionOptions& options));

}  // namespace ampsft
