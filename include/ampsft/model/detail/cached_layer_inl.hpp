// SPDX-License-Identifier: MIT
/// @file
/// Bodies of cached_layer.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/model/cached_layer.hpp>

#include <algorithm>
#include <utility>

namespace ampsft {

template <Scalar T>
bool CachedLayer<T>::can_go_on_from(Index length) const noexcept {
  return length == 0 || start_ <= (window_ == 0 ? Index{0} : std::max<Index>(0, length - window_ + 1));
}

template <Scalar T>
Index CachedLayer<T>::bytes() const noexcept {
  return static_cast<Index>((keys_.size() + values_.size()) * sizeof(T));
}

template <Scalar T>
void CachedLayer<T>::begin(Index length, const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index window) {
  require(k.rows() == v.rows() && k.cols() == v.cols(), "cached attention: the keys are ", k.rows(), " x ", k.cols(),
          ", the values ", v.rows(), " x ", v.cols());
  constexpr Index longest = Index{1} << 48;  // tokens; no text is as long
  require(window >= 0 && window <= longest, "cached attention: a window holds 1 to ", longest, " tokens (0: all), not ",
          window);
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

template <Scalar T>
void CachedLayer<T>::drop(Index count, Index held) noexcept {
  for (Matrix<T>* all : {&keys_, &values_}) {
    const Index width = cols(*all);
    std::copy(all->data() + count * width, all->data() + held * width, all->data());
  }
  start_ += count;
}

template <Scalar T>
void CachedLayer<T>::reserve(Index needed, Index width) {
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

template <Scalar T>
void CachedLayer<T>::put(const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index row) noexcept {
  std::copy_n(k.data(), k.size(), keys_.data() + row * k.cols());
  std::copy_n(v.data(), v.size(), values_.data() + row * v.cols());
}

template <Scalar T>
void CachedLayer<T>::keep_end(const ConstMatrixMap<T>& k, const ConstMatrixMap<T>& v, Index length) {
  reserve(most_rows(), k.cols());
  const Index skipped = (k.rows() - most_rows()) * k.cols();
  put(view(k.data() + skipped, most_rows(), k.cols()), view(v.data() + skipped, most_rows(), v.cols()), 0);
  start_ = length - most_rows();
}

template <Scalar T>
Matrix<T> CachedLayer<T>::joined(const Matrix<T>& all, Index held, Index seen, const ConstMatrixMap<T>& added) {
  Matrix<T> both = make_matrix<T>(seen + added.rows(), added.cols());
  std::copy_n(all.data() + (held - seen) * added.cols(), seen * added.cols(), both.data());
  std::copy_n(added.data(), added.size(), both.data() + seen * added.cols());
  return both;
}

AMPSFT_INSTANCE(class CachedLayer<float>);
AMPSFT_INSTANCE(class CachedLayer<double>);

}  // namespace ampsft
