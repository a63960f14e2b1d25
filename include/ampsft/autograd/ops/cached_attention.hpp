// SPDX-License-Identifier: MIT
/// @file
/// Attention of a text's newest tokens to keys and values that were kept.
#pragma once

#include <ampsft/autograd/ops/attention.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

namespace ampsft {
namespace ops {

/// `softmax(scale q k' + mask) v` of queries at the last places of one text; it has no gradient.
template <Scalar T>
struct CachedAttention {
  Variable<T> q;  // T x (heads * h)
  ConstMatrixMap<T> keys;
  ConstMatrixMap<T> values;
  AttentionShape shape;
  double scale;
  Saved<std::int32_t> first;  // that the token of every key sees; or empty: all
  Saved<T> saved;             // log-sums

  [[nodiscard]] Index rows() const { return q.rows(); }
  [[nodiscard]] Index cols() const { return q.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(q, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) {
    const std::span<const std::int32_t> places(first.data(), (*first).size());
    attention<T>(q.map(), keys, values, shape, scale, places, map(y), std::span(saved.data(), (*saved).size()));
  }

  void backward(const Matrix<T>&, const Matrix<T>&) const { fail("attention to a cache has no gradient"); }
};

}  // namespace ops

/// Attention of the newest tokens of one text to the keys and values of all of it.
///
/// Shapes: `q` and the result `T x (heads * h)`; `keys` and `values` `m x (kv_heads * h)`, `m >= T`, of which the last
/// `T` rows are those of the queries. Rows that no query's window reaches are not read. Throws `Error` on a tape that
/// records, if the shapes do not fit, and for documents. Cost: as `causal_attention` forward.
template <Scalar T>
[[nodiscard]] Variable<T> attention_to_cache(Variable<T> q, ConstMatrixMap<T> keys, ConstMatrixMap<T> values,
                                             Index heads, const AttentionOptions& options = {}) {
  Tape<T>& tape = q.tape();
  require(!tape.recording(), "a cache of keys and values needs a tape of inference");
  require(options.documents.empty(), "a cache holds one text; attention to it takes no documents");
  require(keys.rows() == values.rows() && keys.rows() >= q.rows(), "attention: ", keys.rows(), " keys and ",
          values.rows(), " values for ", q.rows(), " queries, which stand at the last places");
  const double scale = detail::score_scale(q.cols(), heads, options);
  const Index all = keys.rows();
  const bool limited = options.window > 0 && options.window < all;
  const Index seen = limited ? std::min(all, options.window - 1 + q.rows()) : all;
  Saved<std::int32_t> first;
  if (limited && options.window < seen) {
    first = tape.save_indices(seen);
    detail::put_first_keys({}, options.window, seen, {first.data(), static_cast<std::size_t>(seen)});
  }
  const auto newest = [&](const ConstMatrixMap<T>& matrix) {
    return ConstMatrixMap<T>(matrix.data() + (all - seen) * matrix.cols(), seen, matrix.cols());
  };
  const AttentionShape shape{1, heads, options.kv_heads == 0 ? heads : options.kv_heads};
  return tape.apply(ops::CachedAttention<T>{q, newest(keys), newest(values), shape, scale, std::move(first),
                                            tape.save(heads, q.rows())});
}

AMPSFT_INSTANCE(Variable<float> attention_to_cache(Variable<float>, ConstMatrixMap<float>, ConstMatrixMap<float>, Index,
                                                   const AttentionOptions&));
AMPSFT_INSTANCE(Variable<double> attention_to_cache(Variable<double>, ConstMatrixMap<double>, ConstMatrixMap<double>,
                                                    Index, const AttentionOptions&));

}  // namespace ampsft
