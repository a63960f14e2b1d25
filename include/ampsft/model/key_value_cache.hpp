// SPDX-License-Identifier: MIT
/// @file
/// Keys and values of a text so far, so that new tokens cost their own computation only.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/simd/attention.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace ampsft {

/// The keys and values of one text in every layer.
///
/// Belongs to the model that filled it, and to its weights as they were. Memory: `2 layers * key_width` numbers a
/// token, up to twice that while it grows.
template <Scalar T>
class KeyValueCache {
 public:
  /// One layer's keys and values; rows beyond the text's length hold nothing.
  struct Layer {
    Matrix<T> keys = make_matrix<T>(0, 0);
    Matrix<T> values = make_matrix<T>(0, 0);

    /// Puts rows of new tokens at `length`.
    void append(Index length, const ConstMatrixMap<T>& new_keys, const ConstMatrixMap<T>& new_values) {
      put(keys, length, new_keys);
      put(values, length, new_values);
    }

   private:
    static void put(Matrix<T>& all, Index length, const ConstMatrixMap<T>& added) {
      const Index needed = length + added.rows();
      if (rows(all) < needed) {
        constexpr Index least = 64;
        Matrix<T> larger = make_matrix<T>(std::max({least, needed, 2 * rows(all)}), added.cols());
        std::copy_n(all.data(), length * cols(all), larger.data());
        all = std::move(larger);
      }
      std::copy_n(added.data(), added.size(), all.data() + length * added.cols());
    }
  };

  /// Tokens that it holds.
  [[nodiscard]] Index length() const noexcept { return length_; }

  /// Forgets all tokens from the `length`-th on, so that the text can go on otherwise. Throws `Error` for more than
  /// there are.
  void truncate(Index length) {
    require(length >= 0 && length <= length_, "a cache of ", length_, " tokens cannot be cut to ", length);
    length_ = length;
  }

  /// For the model: the layer, made when it is first asked for.
  [[nodiscard]] Layer& layer(std::size_t index) {
    if (index >= layers_.size()) {
      layers_.resize(index + 1);
    }
    return layers_[index];
  }

  /// For the model: so many tokens were added to all layers.
  void advance(Index count) noexcept { length_ += count; }

 private:
  Index length_ = 0;
  std::vector<Layer> layers_;
};

namespace ops {

/// `softmax(scale q k' + mask) v` of queries at the end of a cached text; it has no gradient.
template <Scalar T>
struct CachedAttention {
  Variable<T> q;  // T x (heads * h)
  ConstMatrixMap<T> keys;
  ConstMatrixMap<T> values;
  AttentionShape shape;
  Saved<T> saved;  // log-sums

  [[nodiscard]] Index rows() const { return q.rows(); }
  [[nodiscard]] Index cols() const { return q.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(q, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) {
    const double scale = 1.0 / std::sqrt(static_cast<double>(cols() / shape.heads));
    attention<T>(q.map(), keys, values, shape, scale, {}, map(y), std::span(saved.data(), saved_count()));
  }

  void backward(const Matrix<T>&, const Matrix<T>&) const { fail("attention to a cache has no gradient"); }

 private:
  [[nodiscard]] std::size_t saved_count() const { return static_cast<std::size_t>(shape.heads * rows()); }
};

}  // namespace ops

/// Adds the keys and values of new tokens (`T x (kv_heads * h)`) to a layer that holds `length`, and attends to all.
///
/// `q` and the result are `T x (heads * h)`. Throws `Error` on a tape that records.
template <Scalar T>
[[nodiscard]] Variable<T> cached_attention(Variable<T> q, Variable<T> k, Variable<T> v,
                                           typename KeyValueCache<T>::Layer& layer, Index length, Index heads,
                                           Index kv_heads) {
  require(!q.tape().recording(), "a cache of keys and values needs a tape of inference");
  layer.append(length, k.map(), v.map());
  const Index count = length + k.rows();
  return q.tape().apply(ops::CachedAttention<T>{q, ConstMatrixMap<T>(layer.keys.data(), count, k.cols()),
                                                ConstMatrixMap<T>(layer.values.data(), count, v.cols()),
                                                AttentionShape{1, heads, kv_heads}, q.tape().save(heads, q.rows())});
}

}  // namespace ampsft
