// SPDX-License-Identifier: MIT
/// @file
/// The LM head with its loss as one operation: the logits of a whole batch never exist.
#pragma once

#include <ampsft/autograd/ops/cross_entropy.hpp>
#include <ampsft/autograd/product.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace ampsft {
namespace ops {

/// `y = mean over targets t >= 0 of (log sum_j exp(l_j) - l_t)`, 1 x 1, with logits `l = sum_i scale_i x_i w_i' + 1
/// bias'`.
///
/// Works through the tokens that have a target in chunks: the logits of a chunk become its loss and, in the same
/// memory, their own gradient, of which the gradients of inputs and weights are made at once. So all of the backward
/// pass but a factor happens in the forward pass; nothing is computed twice and tokens without a target cost nothing.
template <Scalar T>
struct LinearCrossEntropy {
  ProductSum<T> products;
  Variable<T> bias;             // 1 x vocabulary, or none
  Saved<std::int32_t> targets;  // of the counted tokens
  Saved<std::int32_t> tokens;   // their rows
  Index counted;
  Index chunk;         // tokens at once
  Index capacity;      // for which there is memory: batches of one length, whatever counts in them, take the same
  bool asked = false;  // for gradients

  struct Term {
    Saved<T> part;  // of x, `capacity x d`: the rows that count; or none if all do
    Saved<T> dx;
    Saved<T> dw;
  };
  Saved<T> logits = {};    // capacity x vocabulary
  Saved<T> log_sums = {};  // 2 x capacity: their logarithms, and the sums
  std::array<Term, 2> work = {};
  Saved<T> db = {};

  static constexpr bool needs_result = false;

  [[nodiscard]] Index rows() const { return 1; }
  [[nodiscard]] Index cols() const { return 1; }
  [[nodiscard]] Index length() const { return products[0].x.rows(); }
  [[nodiscard]] Index vocabulary() const { return products[0].outputs(); }

  template <class Visit>
  void inputs(Visit&& visit) const {
    for (const auto& product : products) {
      product.inputs(visit, false);
    }
    if (bias) {
      visit(bias, NeedsInput::shape);
    }
  }

  /// Takes the memory for everything.
  void prepare(Tape<T>& tape) {
    logits = tape.save(capacity, vocabulary());
    log_sums = tape.save(2, capacity);
    inputs([&](const Variable<T>& input, NeedsInput) { asked = asked || input.requires_grad(); });
    for (std::size_t i = 0; i < products.size() && products[i]; ++i) {
      const auto& [x, w, scale, frozen] = products[i];
      if (counted < length()) {
        work[i].part = tape.save(capacity, x.cols());
      }
      if (x.requires_grad()) {
        work[i].dx = x.gradient_memory();
      }
      if (w.requires_grad()) {
        work[i].dw = w.gradient_memory();
      }
    }
    if (bias.requires_grad()) {
      db = bias.gradient_memory();
    }
  }

  void forward(Matrix<T>& y) {
    double loss = 0.0;
    for (auto& [part, dx, dw] : work) {
      if (counted < length() && (*dx).size() > 0) {
        map(*dx).setZero();  // tokens that do not count
      }
    }
    for (Index first = 0; first < counted; first += chunk) {
      const Index count = std::min(chunk, counted - first);
      const MatrixMap<T> l(logits.data(), count, vocabulary());
      for (std::size_t i = 0; i < products.size() && products[i]; ++i) {
        products[i].output(input(i, first, count), l, i == 0 ? WriteMode::overwrite : WriteMode::add,
                           i == 0 && bias ? bias.map() : ConstMatrixMap<T>(nullptr, 0, 0));
      }
      loss += softmax_loss(first, count);
      if (asked) {
        gradients(first, count);
      }
    }
    map(y)(0, 0) = static_cast<T>(loss / static_cast<double>(counted));
    release_scratch();
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) {
    const T factor = map(dy)(0, 0);
    for (std::size_t i = 0; i < products.size(); ++i) {
      give(products[i].x, work[i].dx, factor);
      give(products[i].w, work[i].dw, factor);
    }
    give(bias, db, factor);
  }

  void plan_backward() {
    for (std::size_t i = 0; i < products.size(); ++i) {
      give(products[i].x, work[i].dx, T{1});
      give(products[i].w, work[i].dw, T{1});
    }
    give(bias, db, T{1});
    release_scratch();
  }

 private:
  /// Returns what the forward pass alone needs.
  void release_scratch() {
    logits = {};
    log_sums = {};
    for (Term& term : work) {
      term.part = {};
    }
  }

  /// The chunk's rows of an input.
  ConstMatrixMap<T> input(std::size_t i, Index first, Index count) {
    const Matrix<T>& x = products[i].x.value();
    if (counted == length()) {
      return {x.data() + first * ampsft::cols(x), count, ampsft::cols(x)};
    }
    T* const part = work[i].part.data();
    for (Index row = 0; row < count; ++row) {
      std::copy_n(x.data() + tokens.data()[first + row] * ampsft::cols(x), ampsft::cols(x),
                  part + row * ampsft::cols(x));
    }
    return {part, count, ampsft::cols(x)};
  }

  /// The sum of the chunk's losses; logits become the gradient of the mean loss.
  double softmax_loss(Index first, Index count) {
    const auto size = static_cast<std::size_t>(count);
    const MatrixMap<T> l(logits.data(), count, vocabulary());
    const std::span<const std::int32_t> wanted(targets.data() + first, size);
    const std::span<T> log_sum(log_sums.data(), size);  // at first the maxima
    const std::span<T> sum(log_sums.data() + chunk, size);
    std::fill(log_sum.begin(), log_sum.end(), -std::numeric_limits<T>::infinity());
    std::fill(sum.begin(), sum.end(), T{0});
    add_to_log_sum<T>(l, log_sum, sum);
    double loss = 0.0;
    for (Index row = 0; row < count; ++row) {
      T& own = log_sums.data()[row];
      own += std::log(log_sums.data()[chunk + row]);
      loss += static_cast<double>(own - l(row, targets.data()[first + row]));
    }
    if (asked) {
      cross_entropy_gradient<T>(l, log_sum, wanted, 0, T{1} / static_cast<T>(counted), l);
    }
    return loss;
  }

  /// What the chunk contributes to the gradients.
  void gradients(Index first, Index count) {
    const ConstMatrixMap<T> dl(logits.data(), count, vocabulary());
    const WriteMode mode = first == 0 ? WriteMode::overwrite : WriteMode::add;
    for (std::size_t i = 0; i < products.size() && products[i]; ++i) {
      const auto& [x, w, scale, frozen] = products[i];
      auto& [part, dx, dw] = work[i];
      if (w.requires_grad()) {
        const ConstMatrixMap<T> rows(counted == length() ? x.value().data() + first * x.cols() : part.data(), count,
                                     x.cols());
        products[i].weight_gradient(dl, rows, map(*dw), mode);
      }
      if (x.requires_grad()) {
        T* const place = counted == length() ? dx.data() + first * x.cols() : part.data();
        products[i].input_gradient(dl, MatrixMap<T>(place, count, x.cols()), WriteMode::overwrite);
        for (Index row = 0; counted < length() && row < count; ++row) {
          std::copy_n(place + row * x.cols(), x.cols(), dx.data() + tokens.data()[first + row] * x.cols());
        }
      }
    }
    if (bias.requires_grad()) {
      column_sums<T>(dl, map(*db), mode);
    }
  }

  static void give(Variable<T> input, Saved<T>& gradient, T factor) {
    if (input.requires_grad()) {
      if (factor != T{1}) {
        flat(*gradient) *= factor;
      }
      input.give(gradient);
    }
  }
};

/// Bytes of logits at once: more where chunks must each add to a gradient as large as the weight.
inline constexpr Index logit_bytes = Index{16} << 20;
inline constexpr Index logit_bytes_trained = Index{48} << 20;

}  // namespace ops

/// `cross_entropy(linear(terms, bias), targets)` without ever holding all logits.
///
/// Shapes as in `linear` and `cross_entropy`; the result is 1 x 1. Throws `Error` as they do. Cost: one product with
/// the weight forward and, where gradients are asked for, one more for each, for the tokens that have a target only.
/// Memory: 16 MiB of logits (48 where a weight of full width is trained), at least those of 256 tokens (of 16 where
/// there are scores alone), and the gradients.
template <Scalar T>
[[nodiscard]] Variable<T> linear_cross_entropy(const ProductSum<T>& products, Variable<T> bias,
                                               std::span<const std::int32_t> targets) {
  require_terms(products, bias);
  const Index vocabulary = products[0].outputs();
  const Index counted = require_targets(targets, products[0].x.rows(), vocabulary);
  Tape<T>& tape = products[0].x.tape();
  const Index length = products[0].x.rows();
  ops::LinearCrossEntropy<T> op{products, bias, tape.save_indices(length), tape.save_indices(length), counted, 0, 0};
  Index at = 0;
  for (std::size_t i = 0; i < targets.size() && !tape.planning(); ++i) {
    if (targets[i] >= 0) {
      op.targets.data()[at] = targets[i];
      op.tokens.data()[at] = static_cast<std::int32_t>(i);
      ++at;
    }
  }
  bool trained = false;
  bool thin = true;
  for (const auto& product : products) {
    trained = trained || (product.w.requires_grad() && product.width() > narrow);
    thin = thin && (!product || product.width() <= narrow);
  }
  // With fewer tokens, packing a weight takes long beside the products; scores are not packed.
  const Index fewest = thin ? 16 : 256;
  const Index bytes = trained ? ops::logit_bytes_trained : ops::logit_bytes;
  const Index most = std::max(bytes / (vocabulary * static_cast<Index>(sizeof(T))), fewest);
  const auto in_equal_chunks = [](Index tokens, Index limit) {
    const Index chunks = (tokens + limit - 1) / limit;
    return (tokens + chunks - 1) / chunks;
  };
  op.capacity = in_equal_chunks(length, most);
  op.chunk = in_equal_chunks(counted, op.capacity);
  op.prepare(tape);
  return tape.apply(std::move(op));
}

AMPSFT_INSTANCE(Variable<float> linear_cross_entropy(const ProductSum<float>&, Variable<float>,
                                                     std::span<const std::int32_t>));
AMPSFT_INSTANCE(Variable<double> linear_cross_entropy(const ProductSum<double>&, Variable<double>,
                                                      std::span<const std::int32_t>));

}  // namespace ampsft
