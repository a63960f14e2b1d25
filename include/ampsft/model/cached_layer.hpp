// SPDX-License-Identifier: MIT
/// @file
/// The keys and values that one layer keeps of a text: all of them, or those that its window still reaches.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <utility>

namespace ampsft {

/// One layer's part of a `KeyValueCache`, which counts the tokens.
///
/// Keys and values are rows, token after token. A layer with a window of `w` keeps the newest tokens in at most
/// `w + max(64, w / 8)` rows; rows move to the front once in `max(32, w / 16)` tokens or more.
template <Scalar T>
class CachedLayer {
 public:
  /// Adds the rows of new tokens to those of `length` tokens, and returns `use(keys, values)`: all rows that the new
  /// tokens see with a window of `window` (0: all), their own at the end, maybe with some before. What is passed to
  /// `use` is valid during the call. Throws `Error` if shapes do not fit, if the window is not that of the tokens
  /// before, or if rows that the new tokens see were dropped.
  template <class Use>
  auto append(Index length, const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index window, Use&& use) {
    begin(length, k, v, window);
    const Index added = k.rows();
    const Index held = length - start_;
    const Index seen = window_ == 0 ? held : std::min(held, window_ - 1);  // by the first of the new tokens
    if (window_ == 0 || seen + added <= most_rows()) {
      if (window_ > 0 && held + added > most_rows()) {
        const Index more = std::min(most_rows() - added, window_ - 1 + slack() / 2);  // so that some can be taken back
        drop(held - std::min(held, std::max(seen, more)), held);
      }
      const Index total = length - start_ + added;
      reserve(total, k.cols());
      put(k, v, total - added);
      return use(view(keys_, total), view(values_, total));
    }
    if (seen == 0) {
      auto result = use(k, v);
      keep_end(k, v, length + added);
      return result;
    }
    const Matrix<T> all_keys = joined(keys_, held, seen, k);
    const Matrix<T> all_values = joined(values_, held, seen, v);
    auto result = use(map(all_keys), map(all_values));
    keep_end(map(all_keys), map(all_values), length + added);
    return result;
  }

  /// Whether a token after the first `length` finds all that it sees.
  [[nodiscard]] bool can_go_on_from(Index length) const noexcept;

  [[nodiscard]] Index bytes() const noexcept;

 private:
  [[nodiscard]] Index slack() const noexcept { return std::max<Index>(64, window_ / 8); }
  [[nodiscard]] Index most_rows() const noexcept { return window_ + slack(); }

  void begin(Index length, const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index window);

  /// Drops the first rows of those held.
  void drop(Index count, Index held) noexcept;

  /// Makes room for rows.
  void reserve(Index needed, Index width);

  void put(const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index row) noexcept;

  /// Keeps the last rows of matrices that end with the `length`-th token.
  void keep_end(const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index length);

  /// The last `seen` of the rows held, and the new ones.
  static Matrix<T> joined(const Matrix<T>& all, Index held, Index seen, const ConstMatrixMap<T>& added);

  static ConstMatrixMap<T> view(const T* data, Index rows, Index cols) { return {data, rows, cols}; }
  static ConstMatrixMap<T> view(const Matrix<T>& all, Index rows) { return {all.data(), rows, cols(all)}; }

  Index window_ = 0;
  Index start_ = 0;  // tokens that were dropped
  Matrix<T> keys_ = make_matrix<T>(0, 0);
  Matrix<T> values_ = make_matrix<T>(0, 0);
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/cached_layer_inl.hpp>
#endif
