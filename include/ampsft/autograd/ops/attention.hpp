// SPDX-License-Identifier: MIT
/// @file
/// Causal multi-head attention in row blocks: memory grows linearly with the context.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace ampsft {
namespace ops {

/// `y = softmax(q k' / sqrt(h) + causal mask) v` for every sequence and head (Vaswani et al. 2017).
///
/// Rows are tokens, sequence after sequence; columns are heads side by side. Probabilities are never stored: the
/// backward pass rebuilds them from the saved log-sums (Dao et al. 2022).
template <Scalar T>
struct CausalAttention {
  Variable<T> q;  // (sequences * length) x (heads * h), as are k and v
  Variable<T> k;
  Variable<T> v;
  Index sequences;
  Index heads;
  Matrix<T> log_sum = {};  // saved, (sequences * heads) x length

  static constexpr Index block = 64;  // query rows a step; their scores stay in the second-level cache

  [[nodiscard]] Index rows() const { return q.rows(); }
  [[nodiscard]] Index cols() const { return q.cols(); }
  [[nodiscard]] Index length() const { return rows() / sequences; }
  [[nodiscard]] Index width() const { return cols() / heads; }
  [[nodiscard]] T scale() const { return T(1) / std::sqrt(static_cast<T>(width())); }
  [[nodiscard]] bool needs_gradient() const { return q.requires_grad() || k.requires_grad() || v.requires_grad(); }

  /// The rows of one sequence and the columns of one head in a matrix of `q`'s shape.
  template <class Map>
  [[nodiscard]] auto head(Map&& matrix, Index task) const {
    return matrix.block(task / heads * length(), task % heads * width(), length(), width());
  }

  /// Scaled scores of query rows `[begin, begin + count)` against the keys they may see; later keys get -infinity.
  template <class Queries, class Keys>
  [[nodiscard]] EigenMatrix<T> scores(const Queries& queries, const Keys& keys, Index begin, Index count) const {
    EigenMatrix<T> s = scale() * (queries.middleRows(begin, count) * keys.topRows(begin + count).transpose());
    for (Index row = 0; row < count; ++row) {
      s.row(row).tail(count - row - 1).setConstant(-std::numeric_limits<T>::infinity());
    }
    return s;
  }

  void forward(Matrix<T>& y) {
    log_sum = make_matrix<T>(sequences * heads, length());
    parallel_for(sequences * heads, 1, [&](Index first, Index last) {
      for (Index task = first; task < last; ++task) {
        const auto queries = head(q.map(), task);
        const auto keys = head(k.map(), task);
        const auto values = head(v.map(), task);
        auto out = head(map(y), task);
        for (Index begin = 0; begin < length(); begin += block) {
          const Index count = std::min(block, length() - begin);
          EigenMatrix<T> p = scores(queries, keys, begin, count);
          for (Index row = 0; row < count; ++row) {
            const T maximum = p.row(row).maxCoeff();
            p.row(row) = (p.row(row).array() - maximum).exp().matrix();
            const T sum = p.row(row).sum();
            p.row(row) /= sum;
            map(log_sum)(task, begin + row) = maximum + std::log(sum);
          }
          out.middleRows(begin, count).noalias() = p * values.topRows(begin + count);
        }
      }
    });
  }

  void backward(const Matrix<T>& y, const Matrix<T>& dy) const {
    parallel_for(sequences * heads, 1,
                 [&, dq = optional_sink(q), dk = optional_sink(k), dv = optional_sink(v)](Index first, Index last) {
                   for (Index task = first; task < last; ++task) {
                     const auto queries = head(q.map(), task);
                     const auto keys = head(k.map(), task);
                     const auto values = head(v.map(), task);
                     const auto out = head(map(y), task);
                     const auto dout = head(map(dy), task);
                     EigenMatrix<T> dqueries(length(), width());
                     EigenMatrix<T> dkeys = EigenMatrix<T>::Zero(length(), width());
                     EigenMatrix<T> dvalues = EigenMatrix<T>::Zero(length(), width());
                     for (Index begin = 0; begin < length(); begin += block) {
                       const Index count = std::min(block, length() - begin);
                       const Index seen = begin + count;
                       const auto dblock = dout.middleRows(begin, count);
                       EigenMatrix<T> p = scores(queries, keys, begin, count);
                       p.colwise() -= map(log_sum).row(task).segment(begin, count).transpose();
                       p = p.array().exp().matrix();
                       dvalues.topRows(seen).noalias() += p.transpose() * dblock;
                       EigenMatrix<T> ds = dblock * values.topRows(seen).transpose();
                       ds.colwise() -= dblock.cwiseProduct(out.middleRows(begin, count)).rowwise().sum();
                       ds = (ds.array() * p.array() * scale()).matrix();
                       dqueries.middleRows(begin, count).noalias() = ds * keys.topRows(seen);
                       dkeys.topRows(seen).noalias() += ds.transpose() * queries.middleRows(begin, count);
                     }
                     put(dq, task, dqueries);
                     put(dk, task, dkeys);
                     put(dv, task, dvalues);
                   }
                 });
  }

 private:
  static std::optional<GradientSink<T>> optional_sink(Variable<T> input) {
    return input.requires_grad() ? std::optional(input.sink()) : std::nullopt;
  }

  void put(const std::optional<GradientSink<T>>& sink, Index task, const EigenMatrix<T>& gradient) const {
    if (sink) {
      sink->add(head(sink->map(), task), gradient);
    }
  }
};

}  // namespace ops

/// Causal multi-head self-attention.
///
/// Shapes: `q`, `k`, `v` and the result `(sequences * length) x width`, sequences one after the other, heads side by
/// side in the columns. Throws `Error` if the shapes differ or `sequences` or `heads` do not divide them. Cost: about
/// `2 length` multiply-adds an element forward, `5 length` backward; saves one number a token and head.
template <Scalar T>
[[nodiscard]] Variable<T> causal_attention(Variable<T> q, Variable<T> k, Variable<T> v, Index sequences, Index heads) {
  for (const auto& other : {k, v}) {
    require(other.rows() == q.rows() && other.cols() == q.cols(), "attention: q is ", q.rows(), " x ", q.cols(),
            " but k or v is ", other.rows(), " x ", other.cols());
  }
  require(sequences > 0 && q.rows() % sequences == 0, "attention: ", q.rows(), " rows are not ", sequences,
          " sequences of one length");
  require(heads > 0 && q.cols() % heads == 0, "attention: ", q.cols(), " columns do not split into ", heads, " heads");
  return q.tape().apply(ops::CausalAttention<T>{q, k, v, sequences, heads});
}

AMPSFT_INSTANCE(Variable<float> causal_attention(Variable<float>, Variable<float>, Variable<float>, Index, Index));
AMPSFT_INSTANCE(Variable<double> causal_attention(Variable<double>, Variable<double>, Variable<double>, Index, Index));

}  // namespace ampsft
