// SPDX-License-Identifier: MIT
/// @file
/// The keys and values that one layer keeps of a text: all of them, or those that its window still reaches.
#pragma once

#include <ampsft/core/error.hpp>
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
  [[nodiscard]] bool can_go_on_from(Index length) const noexcept {
    return length == 0 || start_ <= (window_ == 0 ? Index{0} : std::max<Index>(0, length - window_ + 1));
  }

  [[nodiscard]] Index bytes() const noexcept { return static_cast<Index>((keys_.size() + values_.size()) * sizeof(T)); }

 private:
  [[nodiscard]] Index slack() const noexcept { return std::max<Index>(64, window_ / 8); }
  [[nodiscard]] Index most_rows() const noexcept { return window_ + slack(); }

  void begin(Index length, const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index window) {
    require(k.rows() == v.rows() && k.cols() == v.cols(), "cached attention: the keys are ", k.rows(), " x ", k.cols(),
            ", the values ", v.rows(), " x ", v.cols());
    constexpr Index longest = Index{1} << 48;  // tokens; no text is as long
    require(window >= 0 && window <= longest, "cached attention: a window holds 1 to ", longest,
            " tokens (0: all), not ", window);
    if (length == 0) {
      start_ = 0;
      if (window != window_) {
        *this = CachedLayer();
        window_ = window;
      }
    }
    require(window == window_, "cached attention: a window of ", window, " after one of ", window_,
            "; a cache belongs to one model");
    require(length == 0 || k.cols() == cols(keys_), "cached attention: keys of ", k.cols(), " columns after those of ",
            cols(keys_), "; a cache belongs to one model");
    require(can_go_on_from(length), "cached attention: token ", length, " sees tokens before token ", start_,
            ", which this layer has dropped; cut the cache to 0 and read the text again");
  }

  /// Drops the first rows of those held.
  void drop(Index count, Index held) noexcept {
    for (Matrix<T>* all : {&keys_, &values_}) {
      const Index width = cols(*all);
      std::copy(all->data() + count * width, all->data() + held * width, all->data());
    }
    start_ += count;
  }

  /// Makes room for rows.
  void reserve(Index needed, Index width) {
    for (Matrix<T>* all : {&keys_, &values_}) {
      if (rows(*all) < needed || cols(*all) != width) {
        constexpr Index least = 64;
        const Index wanted = std::max({least, needed, 2 * rows(*all)});
        Matrix<T> larger = make_matrix<T>(window_ == 0 ? wanted : std::min(wanted, most_rows()), width);
        if (cols(*all) == width) {
          std::copy_n(all->data(), all->size(), larger.data());
        }
        *all = std::move(larger);
      }
    }
  }

  void put(const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index row) noexcept {
    std::copy_n(k.data(), k.size(), keys_.data() + row * k.cols());
    std::copy_n(v.data(), v.size(), values_.data() + row * v.cols());
  }

  /// Keeps the last rows of matrices that end with the `length`-th token.
  void keep_end(const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index length) {
    reserve(most_rows(), k.cols());
    const Index skipped = (k.rows() - most_rows()) * k.cols();
    put(view(k.data() + skipped, most_rows(), k.cols()), view(v.data() + skipped, most_rows(), v.cols()), 0);
    start_ = length - most_rows();
  }

  /// The last `seen` of the rows held, and the new ones.
  static Matrix<T> joined(const Matrix<T>& all, Index held, Index seen, const ConstMatrixMap<T>& added) {
    Matrix<T> both = make_matrix<T>(seen + added.rows(), added.cols());
    std::copy_n(all.data() + (held - seen) * added.cols(), seen * added.cols(), both.data());
    std::copy_n(added.data(), added.size(), both.data() + seen * added.cols());
    return both;
  }

  static ConstMatrixMap<T> view(const T* data, Index rows, Index cols) { return {data, rows, cols}; }
  static ConstMatrixMap<T> view(const Matrix<T>& all, Index rows) { return {all.data(), rows, cols(all)}; }

  Index window_ = 0;
  Index start_ = 0;  // tokens that were dropped
  Matrix<T> keys_ = make_matrix<T>(0, 0);
  Matrix<T> values_ = make_matrix<T>(0, 0);
};

}  // namespace ampsft
