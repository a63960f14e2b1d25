// SPDX-License-Identifier: MIT
/// @file
/// Causal attention of many heads: memory grows linearly with the context.
#pragma once

#include <ampsft/autograd/detail/first_keys.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/attention.hpp>
#include <ampsft/simd/attention_gradient.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace ampsft {

/// What `causal_attention` can do beside the plain form.
struct AttentionOptions {
  /// Heads of keys and values, each for `heads / kv_heads` heads of queries that follow each other (Ainslie et al.
  /// 2023); 0: as many as heads.
  Index kv_heads = 0;
  /// Of the products of queries and keys; without it, `1 / sqrt(h)` for heads of width `h`.
  std::optional<double> scale = {};
  /// How many keys a query sees: its own and those before it (Beltagy et al. 2020; `sliding_window` of transformers).
  /// 0: all up to its own.
  Index window = 0;
  /// The document of every key, sequence after sequence, or empty: a token sees its own document alone. The tokens of a
  /// document follow each other. Negative: padding, which sees nothing, is not seen, and gives zeros.
  std::span<const std::int32_t> documents = {};
};

namespace detail {

/// The scale of scores for queries of `cols` columns. Throws for options that cannot be.
inline double score_scale(Index cols, Index heads, const AttentionOptions& options) {
  require(heads > 0 && cols % heads == 0, "attention: ", cols, " columns do not split into ", heads, " heads");
  require(options.window >= 0, "attention: a window holds at least one key (0: all), not ", options.window);
  const Index head_dim = cols / heads;
  return options.scale.value_or(1.0 / std::sqrt(static_cast<double>(head_dim)));
}

}  // namespace detail

namespace ops {

/// `y = softmax(scale q k' + mask) v` for every sequence and head (Vaswani et al. 2017).
///
/// Rows are tokens, sequence after sequence; columns are heads side by side. Probabilities are never stored: the
/// backward pass rebuilds them from the saved log-sums (Dao et al. 2022).
template <Scalar T>
struct CausalAttention {
  Variable<T> q;  // (sequences * length) x (heads * h)
  Variable<T> k;  // (sequences * key_length) x (kv_heads * h), as is v
  Variable<T> v;
  AttentionShape shape;
  double scale;
  Saved<std::int32_t> first;  // that the token of every key sees; or empty: all
  Saved<T> saved;             // log-sums, one a token and head

  [[nodiscard]] Index rows() const { return q.rows(); }
  [[nodiscard]] Index cols() const { return q.cols(); }

  static constexpr bool needs_result = true;
  template <class Visit>
  void inputs(Visit&& visit) const {
    for (const auto& input : {q, k, v}) {
      visit(input, NeedsInput::value);
    }
  }

  void forward(Matrix<T>& y) {
    attention<T>(q.map(), k.map(), v.map(), shape, scale, firsts(), map(y), flat_span(*saved));
  }

  void backward(const Matrix<T>& y, const Matrix<T>& dy) const {
    AttentionGradients<T> to;
    put(q, to.dq, to.mode_q);
    put(k, to.dk, to.mode_k);
    put(v, to.dv, to.mode_v);
    attention_gradient<T>(q.map(), k.map(), v.map(), shape, scale, firsts(), map(y), flat_span(*saved), map(dy), to);
  }

 private:
  [[nodiscard]] std::span<const std::int32_t> firsts() const { return flat_span(*first); }

  template <class M>
  static auto flat_span(M& matrix) {
    return std::span(matrix.data(), static_cast<std::size_t>(matrix.size()));
  }

  static void put(Variable<T> input, MatrixRef<T>& gradient, WriteMode& mode) {
    if (input.requires_grad()) {
      const auto sink = input.sink();
      gradient = sink.map();
      mode = sink.mode();
    }
  }
};

}  // namespace ops

/// Causal multi-head attention.
///
/// Shapes: `q` and the result `(sequences * length) x (heads * h)`; `k` and `v`
/// `(sequences * key_length) x (kv_heads * h)`; sequences one after the other, heads side by side in the columns. There
/// may be more keys than queries, as when text is continued: the queries then stand at the last places. Throws `Error`
/// if the shapes do not fit, if the tokens of a document do not follow each other, or for a negative window. Cost: `2
/// h` multiply-adds a head, query and key that it sees forward, `5 h` backward. Saves one number a token and head and,
/// with documents or a window shorter than the sequences, one index a key.
template <Scalar T>
[[nodiscard]] Variable<T> causal_attention(Variable<T> q, Variable<T> k, Variable<T> v, Index sequences, Index heads,
                                           const AttentionOptions& options = {}) {
  require(sequences > 0 && k.rows() % sequences == 0, "attention: ", k.rows(), " keys are not ", sequences,
          " sequences of one length");
  const double scale = detail::score_scale(q.cols(), heads, options);
  require(options.documents.empty() || static_cast<Index>(options.documents.size()) == k.rows(),
          "attention: ", options.documents.size(), " documents for ", k.rows(), " keys");
  const AttentionShape shape{sequences, heads, options.kv_heads == 0 ? heads : options.kv_heads};
  Tape<T>& tape = q.tape();
  const Index length = k.rows() / sequences;
  const bool limited = options.window > 0 && options.window < length;
  Saved<std::int32_t> first;
  if (limited || !options.documents.empty()) {
    first = tape.save_indices(k.rows());
    if (!tape.planning()) {
      detail::put_first_keys(options.documents, limited ? options.window : 0, length,
                             {first.data(), static_cast<std::size_t>(k.rows())});
    }
  }
  return tape.apply(ops::CausalAttention<T>{q, k, v, shape, scale, std::move(first), tape.save(heads, q.rows())});
}

AMPSFT_INSTANCE(Variable<float> causal_attention(Variable<float>, Variable<float>, Variable<float>, Index, Index,
                                                 const AttentionOptions&));
AMPSFT_INSTANCE(Variable<double> causal_attention(Variable<double>, Variable<double>, Variable<double>, Index, Index,
                                                  const AttentionOptions&));

}  // namespace ampsft
