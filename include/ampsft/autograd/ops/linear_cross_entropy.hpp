// SPDX-License-Identifier: MIT
/// @file
/// The LM head with its loss as one operation: the logits of a whole batch never exist.
#pragma once

#include <ampsft/autograd/detail/chunk_losses.hpp>
#include <ampsft/autograd/detail/head_inputs.hpp>
#include <ampsft/autograd/detail/logit_parts.hpp>
#include <ampsft/autograd/ops/cross_entropy.hpp>
#include <ampsft/autograd/product.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/simd/detail/memory.hpp>
#include <ampsft/simd/elementwise.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace ampsft {
namespace ops {

/// `y = mean over targets t >= 0 of (log sum_j exp(l_j) - l_t)`, 1 x 1, with logits `l = sum_i scale_i x_i w_i' + 1
/// bias'`, or `cap tanh(. / cap)` of them.
///
/// Works through the tokens that have a target in chunks. The logits of a chunk become its loss and, in the same
/// memory, their own gradient, of which the gradients of inputs and weights are made at once. So all of the backward
/// pass but a factor happens in the forward pass, and tokens without a target cost nothing.
///
/// Where all columns of enough tokens take too much memory, logits come in blocks of the vocabulary. If weights are
/// trained, there are two passes over the blocks: log-sums, then logits once more and their gradients. Else one pass is
/// enough: sums of `exp(l - m) w` against a running maximum `m` are scaled when it grows, as attention does it (Dao et
/// al. 2022).
template <Scalar T>
struct LinearCrossEntropy {
  ProductSum<T> products;
  Variable<T> bias;             // 1 x vocabulary, or none
  Saved<std::int32_t> targets;  // of the counted tokens
  Saved<std::int32_t> tokens;   // their rows
  Index counted;
  Index chunk;       // tokens at once
  Index block;       // columns at once
  bool asked;        // for gradients
  bool asked_fixed;  // for those of weights or the bias
  T cap;             // of the logits; 0: none
  Saved<T> logits;   // chunk x block
  detail::ChunkLosses<T> losses;
  detail::HeadInputs<T> head;

  static constexpr bool needs_result = false;

  [[nodiscard]] Index rows() const { return 1; }
  [[nodiscard]] Index cols() const { return 1; }
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

  void forward(Matrix<T>& y) {
    double loss = 0.0;
    head.clear_gradients();
    for (Index first = 0; first < counted; first += chunk) {
      const Index count = std::min(chunk, counted - first);
      head.begin(first, count);
      losses.begin({targets.data() + first, static_cast<std::size_t>(count)});
      loss += chunk_loss(count);
      head.finish();
    }
    map(y)(0, 0) = static_cast<T>(loss / static_cast<double>(counted));
    release_scratch();
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) { head.give(map(dy)(0, 0)); }

  void plan_backward() {
    head.give(T{1});
    release_scratch();
  }

 private:
  /// Returns what the forward pass alone needs.
  void release_scratch() {
    logits = {};
    losses = {};
    head.release_rows();
  }

  /// The sum of the losses of the chunk, and what it contributes to the gradients.
  double chunk_loss(Index count) {
    const bool whole = block == vocabulary();
    const bool in_one_pass = asked && !asked_fixed && !whole;
    for_each_block(count, [&](Index col, MatrixMap<T> l) {
      make_logits(col, l);
      losses.add(l, col);
      if (in_one_pass) {
        add_unscaled(col, l);
      }
    });
    const double loss = losses.finish();
    if (in_one_pass) {
      scale_input_gradients(count);
    } else if (asked) {
      for_each_block(count, [&](Index col, MatrixMap<T> l) {
        if (!whole) {
          make_logits(col, l);
        }
        cross_entropy_gradient<T>(l, losses.maxima(), losses.targets(), col, T{1} / static_cast<T>(counted), l,
                                  WriteMode::overwrite, cap);
        add_gradients(col, l);
      });
    }
    return loss;
  }

  template <class Use>
  void for_each_block(Index count, Use&& use) {
    for (Index col = 0; col < vocabulary(); col += block) {
      use(col, MatrixMap<T>(logits.data(), count, std::min(block, vocabulary() - col)));
    }
  }

  void make_logits(Index col, MatrixMap<T> l) {
    const ConstMatrixMap<T> none(nullptr, 0, 0);
    for (std::size_t i = 0; i < products.size() && products[i]; ++i) {
      products[i].output(head.x(i), l, i == 0 ? WriteMode::overwrite : WriteMode::add,
                         i == 0 && bias ? ConstMatrixMap<T>(bias.value().data() + col, 1, l.cols()) : none, col);
    }
    if (cap > T{0}) {
      soft_cap<T>(l, cap, l);
    }
  }

  /// What a block's gradients `dl` contribute to all others.
  void add_gradients(Index col, const MatrixMap<T>& dl) {
    const ConstMatrixMap<T> constant_dl(dl.data(), dl.rows(), dl.cols());
    for (std::size_t i = 0; i < products.size(); ++i) {
      if (products[i].w.requires_grad()) {
        products[i].weight_gradient(constant_dl, head.x(i), head.dw(i, col, dl.cols()), head.mode());
      }
      add_input_gradient(i, col, constant_dl);
    }
    if (bias.requires_grad()) {
      column_sums<T>(constant_dl, head.db(col, dl.cols()), head.mode());
    }
  }

  void add_input_gradient(std::size_t i, Index col, const ConstMatrixMap<T>& dl) {
    if (products[i].x.requires_grad()) {
      products[i].input_gradient(dl, head.dx(i), col == 0 ? WriteMode::overwrite : WriteMode::add, col);
    }
  }

  /// Adds `exp(l - m) w` to the gradients of inputs, which were summed against the maxima before this block.
  void add_unscaled(Index col, MatrixMap<T> l) {
    // As if the targets were in no block: they are taken away at the end.
    cross_entropy_gradient<T>(l, losses.maxima(), losses.targets(), vocabulary(), T{1}, l, WriteMode::overwrite, cap);
    for (std::size_t i = 0; i < products.size(); ++i) {
      for (Index row = 0; row < l.rows() && col > 0 && products[i].x.requires_grad(); ++row) {
        const T shrinkage = losses.shrinkage(static_cast<std::size_t>(row));
        if (shrinkage != T{1}) {
          head.dx(i).row(row) *= shrinkage;
        }
      }
      add_input_gradient(i, col, ConstMatrixMap<T>(l.data(), l.rows(), l.cols()));
    }
  }

  /// Makes the gradients of the mean loss of what `add_unscaled` has summed: `(sum_j exp(l_j - m) w_j / sum - w_t) /
  /// n`.
  void scale_input_gradients(Index count) {
    const T one{1};
    const T mean = one / static_cast<T>(counted);
    for (std::size_t i = 0; i < products.size(); ++i) {
      if (!products[i].x.requires_grad()) {
        continue;
      }
      auto dx = head.dx(i);
      parallel_for(count, 8, [&](Index begin, Index end) {
        struct Use;
        MatrixMap<T> own(simd::detail::scratch<Use, T>(dx.cols()), 1, dx.cols());  // the target's row of the weight
        for (Index row = begin; row < end; ++row) {
          const auto at = static_cast<std::size_t>(row);
          // Times exactly 1: bfloat16 would round a factor, and its error would outlast the difference.
          products[i].input_gradient(ConstMatrixMap<T>(&one, 1, 1), own, WriteMode::overwrite, losses.targets()[at]);
          const T t = cap > T{0} ? losses.wanted()[at] / cap : T{0};
          dx.row(row) = mean / losses.sums()[at] * dx.row(row) - mean * (one - t) * (one + t) * own;
        }
      });
    }
  }
};

}  // namespace ops

/// `cross_entropy(linear(products, bias), targets)` without ever holding all logits; with a cap, that of `soft_cap` of
/// the logits.
///
/// Shapes as in `linear` and `cross_entropy`; the result is 1 x 1. `cap`: a positive number, or 0 for none. Throws
/// `Error` as they do.
///
/// Cost: one product with the weight forward and, where gradients are asked for, one more for each, for the tokens that
/// have a target only; where weights are trained and the logits of 128 tokens take more than 32 MiB (from 65,537 words
/// in float), one more. Memory: at most 32 MiB of logits, whatever the vocabulary and the tokens, and the gradients.
template <Scalar T>
[[nodiscard]] Variable<T> linear_cross_entropy(const ProductSum<T>& products, Variable<T> bias,
                                               std::span<const std::int32_t> targets,
                                               std::type_identity_t<T> cap = T{0}) {
  require_terms(products, bias);
  if (cap != T{0}) {
    require_soft_cap(cap);
  }
  const Index length = products[0].x.rows();
  const Index counted = require_targets(targets, length, products[0].outputs());
  Tape<T>& tape = products[0].x.tape();
  const detail::LogitShape shape = detail::logit_shape(products, bias);
  const detail::LogitParts parts = detail::logit_parts(shape);
  Saved<std::int32_t> kept = tape.save_indices(length);
  Saved<std::int32_t> tokens = tape.save_indices(length);
  Index at = 0;
  for (std::size_t i = 0; i < targets.size() && !tape.planning(); ++i) {
    if (targets[i] >= 0) {
      kept.data()[at] = targets[i];
      tokens.data()[at] = static_cast<std::int32_t>(i);
      ++at;
    }
  }
  // Batches of one length, whatever counts in them, take the same memory.
  const std::span<const std::int32_t> some(tokens.data(), counted < length ? static_cast<std::size_t>(counted) : 0);
  auto logits = tape.save(parts.tokens, parts.columns);
  detail::ChunkLosses<T> losses(tape, parts.tokens);
  detail::HeadInputs<T> rows(tape, products, bias, some, parts.tokens, parts.columns < shape.vocabulary);
  return tape.apply(ops::LinearCrossEntropy<T>{
      products, bias, std::move(kept), std::move(tokens), counted, detail::equal_part_of(counted, parts.tokens),
      parts.columns, shape.asked, shape.asked_fixed, cap, std::move(logits), std::move(losses), std::move(rows)});
}

AMPSFT_INSTANCE(Variable<float> linear_cross_entropy(const ProductSum<float>&, Variable<float>,
                                                     std::span<const std::int32_t>, float));
AMPSFT_INSTANCE(Variable<double> linear_cross_entropy(const ProductSum<double>&, Variable<double>,
                                                      std::span<const std::int32_t>, double));

}  // namespace ampsft
