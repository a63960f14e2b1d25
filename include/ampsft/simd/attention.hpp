// SPDX-License-Identifier: MIT
/// @file
/// Causal attention of many heads in tiles, and its gradients: memory grows linearly with the context.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/simd/detail/run_attention.hpp>
#include <ampsft/simd/detail/with_level.hpp>
#include <ampsft/simd/matrix_ref.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>

namespace ampsft {

/// How rows and columns of the matrices of an attention are divided.
struct AttentionShape {
  Index sequences = 1;  ///< rows: sequence after sequence, all of one length
  Index heads = 1;      ///< columns of queries: head after head
  Index kv_heads = 1;   ///< columns of keys and values; each serves `heads / kv_heads` heads that follow each other
};

namespace simd::detail {

/// Checks what belongs together and makes the shape of a unit.
template <class T>
AttentionUnits<T> attention_units(const ConstView<T>& q, const ConstView<T>& k, const ConstView<T>& v,
                                  const AttentionShape& shape, double scale, std::span<const std::int32_t> first) {
  require(shape.sequences > 0 && shape.heads > 0 && shape.kv_heads > 0 && shape.heads % shape.kv_heads == 0,
          "attention: ", shape.sequences, " sequences, ", shape.heads, " heads and ", shape.kv_heads,
          " heads of keys: there must be at least one of each, and the last must divide the heads");
  require(q.rows() % shape.sequences == 0 && k.rows() % shape.sequences == 0, "attention: ", q.rows(), " queries and ",
          k.rows(), " keys are not ", shape.sequences, " sequences of one length");
  require(q.cols() % shape.heads == 0, "attention: ", q.cols(), " columns do not split into ", shape.heads, " heads");
  const Index width = q.cols() / shape.heads;
  require(width >= 1 && k.cols() == shape.kv_heads * width, "attention: the keys are ", k.rows(), " x ", k.cols(),
          ", expected ", shape.kv_heads, " heads of ", width, " columns");
  require(v.rows() == k.rows() && v.cols() == k.cols(), "attention: the values are ", v.rows(), " x ", v.cols(),
          ", the keys ", k.rows(), " x ", k.cols());
  require(k.rows() >= q.rows(), "attention: ", k.rows(), " keys for ", q.rows(),
          " queries; the queries are the last places of the keys");
  require(first.empty() || static_cast<Index>(first.size()) == k.rows(), "attention: ", first.size(),
          " first places for ", k.rows(), " keys");
  const auto negative = std::find_if(first.begin(), first.end(), [](std::int32_t place) { return place < 0; });
  require(negative == first.end(), "attention: the first place that key ", negative - first.begin(),
          " sees must be at least 0, not ", negative == first.end() ? 0 : *negative);
  AttentionUnits<T> units;
  units.sequences = shape.sequences;
  units.kv_heads = shape.kv_heads;
  units.shape.queries = q.rows() / shape.sequences;
  units.shape.keys = k.rows() / shape.sequences;
  units.shape.width = width;
  units.shape.group = shape.heads / shape.kv_heads;
  units.shape.q_row = q.outerStride();
  units.shape.k_row = k.outerStride();
  units.shape.v_row = v.outerStride();
  units.shape.first = first.empty() ? nullptr : first.data();
  units.shape.scale = static_cast<T>(scale);
  return units;
}

/// Where a unit lies: `start(matrix)` of queries, `key_start(matrix)` of keys.
template <class T>
struct AttentionPlace {
  const AttentionUnits<T>& units;
  Index sequence;
  Index head;

  AttentionPlace(const AttentionUnits<T>& all, Index unit)
      : units(all), sequence(unit / all.kv_heads), head(unit % all.kv_heads) {}

  [[nodiscard]] Index query(Index row) const noexcept {
    return sequence * units.shape.queries * row + head * units.shape.group * units.shape.width;
  }
  [[nodiscard]] Index key(Index row) const noexcept {
    return sequence * units.shape.keys * row + head * units.shape.width;
  }
  /// Of one number a query and head.
  [[nodiscard]] Index log_sum() const noexcept {
    return (sequence * units.kv_heads + head) * units.shape.group * units.shape.queries;
  }
};

}  // namespace simd::detail

/// `y = softmax(scale q k' + mask) v` for every sequence and head (Vaswani et al. 2017), tile by tile (Dao et al.
/// 2022).
///
/// Shapes: `q` and `y` `(sequences n) x (heads h)`; `k` and `v` `(sequences m) x (kv_heads h)`, `m >= n`: query `i`
/// stands at place `m - n + i` and sees the keys from `first` of its place to its own place. `first`: `sequences m`,
/// none negative, or empty for all zeros; a query whose `first` is beyond its place sees nothing and gives zeros.
/// `log_sum`: `(sequences heads) x n` without gaps, logarithms to base 2 of the sums of `exp(scale q k')`. Throws
/// `Error` if the shapes do not fit or a `first` is negative. Cost: `2 h` multiply-adds a query and key that it sees.
/// Memory: each thread keeps a copy of one head's keys and values.
template <Scalar T>
void attention(const ConstView<T>& q, std::type_identity_t<const ConstView<T>&> k,
               std::type_identity_t<const ConstView<T>&> v, const AttentionShape& shape, double scale,
               std::span<const std::int32_t> first, std::type_identity_t<View<T>> y,
               std::type_identity_t<std::span<T>> log_sum) {
  using namespace simd::detail;
  const AttentionUnits<T> units = attention_units<T>(q, k, v, shape, scale, first);
  require(y.rows() == q.rows() && y.cols() == q.cols(), "attention: the result is ", y.rows(), " x ", y.cols(),
          ", expected ", q.rows(), " x ", q.cols());
  require(static_cast<Index>(log_sum.size()) == q.rows() * shape.heads, "attention: room for ", log_sum.size(),
          " log-sums, expected ", q.rows() * shape.heads);
  if (q.rows() == 0) {
    return;
  }
  struct Use;
  const Index size = AttentionForwardScratch<T>(nullptr, units.shape.keys, units.shape.width).size;
  const Index threads = attention_threads(units);
  with_level([&](auto code) {
    parallel_for(threads, 1, [&](Index begin, Index end) {
      for (Index thread = begin; thread < end; ++thread) {
        for_attention_pieces(units, threads, thread, [&](const AttentionPiece& piece) {
          const AttentionPlace<T> place(units, piece.unit);
          Attention<T> a = units.shape;
          a.q = q.data() + place.query(q.outerStride());
          a.k = k.data() + place.key(k.outerStride());
          a.v = v.data() + place.key(v.outerStride());
          a.first = units.first(place.sequence);
          a.begin = piece.begin;
          a.end = piece.end;
          a.y = y.data() + place.query(y.outerStride());
          a.y_row = y.outerStride();
          a.log_sum = log_sum.data() + place.log_sum();
          a.scratch = scratch<Use, T>(size);
          decltype(code)::attention_forward(a);
        });
      }
    });
  });
}

AMPSFT_INSTANCE(void attention(const ConstView<float>&, const ConstView<float>&, const ConstView<float>&,
                               const AttentionShape&, double, std::span<const std::int32_t>, View<float>,
                               std::span<float>));
AMPSFT_INSTANCE(void attention(const ConstView<double>&, const ConstView<double>&, const ConstView<double>&,
                               const AttentionShape&, double, std::span<const std::int32_t>, View<double>,
                               std::span<double>));

}  // namespace ampsft
