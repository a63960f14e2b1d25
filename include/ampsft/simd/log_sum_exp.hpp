// SPDX-License-Identifier: MIT
/// @file
/// The normaliser of a softmax by rows, block of columns after block of columns, and the gradient of its cross-entropy.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/detail/with_level.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

namespace ampsft {

namespace simd::detail {

/// Rows that are worth a thread.
inline Index softmax_grain(Index cols) noexcept {
  return (Index{1} << 12) / std::max<Index>(cols, 1) + 1;
}

}  // namespace simd::detail

/// Joins a block of logits to the running maximum and sum of every row: `sum` is the sum of `exp(x - maximum)` over all
/// blocks so far (Milakov and Gimelshein 2018). Before the first block they are -infinity and 0.
///
/// Shapes: `logits` `T x n`, a block of any columns; `maximum` and `sum` `T`; `targets` `T` or empty: rows whose target
/// is negative are left alone. A row in which everything is -infinity has the sum 0. Throws `Error` if the counts
/// differ.
template <Scalar T>
void add_to_log_sum(const ConstView<T>& logits, std::span<T> maximum, std::span<T> sum,
                    std::span<const std::int32_t> targets = {}) {
  using namespace simd::detail;
  require(static_cast<Index>(maximum.size()) == logits.rows() && maximum.size() == sum.size(),
          "log-sum: ", logits.rows(), " rows of logits, but ", maximum.size(), " maxima and ", sum.size(), " sums");
  require(targets.empty() || targets.size() == sum.size(), "log-sum: ", targets.size(), " targets for ", sum.size(),
          " rows");
  with_level([&](auto code) {
    parallel_for(logits.rows(), softmax_grain(logits.cols()), [&](Index begin, Index end) {
      LogSum<T> l{end - begin, logits.cols(), logits.data() + begin * logits.outerStride(), logits.outerStride()};
      l.maximum = maximum.data() + begin;
      l.sum = sum.data() + begin;
      l.targets = targets.empty() ? nullptr : targets.data() + begin;
      decltype(code)::log_sum(l);
    });
  });
}

/// Puts `(exp(x - log_sum) - [the target]) scale` in place of a block of logits, or adds it to `gradient`: what the sum
/// of the rows' cross-entropies, times `scale`, has as its gradient.
///
/// Shapes: `logits` and `gradient` `T x n`, which may be one matrix; its columns are the classes from `first` on;
/// `log_sum` (`maximum + log(sum)`) and `targets` `T`. Rows whose target is negative get zeros. With `cap > 0` the
/// logits are `cap tanh(z / cap)` and the gradient is that of `z`. Throws `Error` if the shapes differ or the cap is
/// negative or not finite.
template <Scalar T>
void cross_entropy_gradient(const ConstView<T>& logits, std::span<const T> log_sum,
                            std::span<const std::int32_t> targets, Index first, T scale,
                            std::type_identity_t<View<T>> gradient, WriteMode mode = WriteMode::overwrite,
                            T cap = T{0}) {
  using namespace simd::detail;
  require(cap >= T{0} && std::isfinite(cap), "cross-entropy: the cap of logits must be positive, or 0 for none, not ",
          cap);
  require(static_cast<Index>(log_sum.size()) == logits.rows() && log_sum.size() == targets.size(),
          "cross-entropy: ", logits.rows(), " rows of logits, but ", log_sum.size(), " log-sums and ", targets.size(),
          " targets");
  require(gradient.rows() == logits.rows() && gradient.cols() == logits.cols(), "cross-entropy: the gradient is ",
          gradient.rows(), " x ", gradient.cols(), ", expected ", logits.rows(), " x ", logits.cols());
  with_level([&](auto code) {
    parallel_for(logits.rows(), softmax_grain(logits.cols()), [&](Index begin, Index end) {
      decltype(code)::softmax_gradient(SoftmaxGradient<T>{
          end - begin, logits.cols(), logits.data() + begin * logits.outerStride(), logits.outerStride(),
          log_sum.data() + begin, targets.data() + begin, first, scale,
          gradient.data() + begin * gradient.outerStride(), gradient.outerStride(), mode == WriteMode::add, cap});
    });
  });
}

AMPSFT_INSTANCE(void add_to_log_sum(const ConstView<float>&, std::span<float>, std::span<float>,
                                    std::span<const std::int32_t>));
AMPSFT_INSTANCE(void add_to_log_sum(const ConstView<double>&, std::span<double>, std::span<double>,
                                    std::span<const std::int32_t>));
AMPSFT_INSTANCE(void cross_entropy_gradient(const ConstView<float>&, std::span<const float>,
                                            std::span<const std::int32_t>, Index, float, View<float>, WriteMode,
                                            float));
AMPSFT_INSTANCE(void cross_entropy_gradient(const ConstView<double>&, std::span<const double>,
                                            std::span<const std::int32_t>, Index, double, View<double>, WriteMode,
                                            double));

}  // namespace ampsft
