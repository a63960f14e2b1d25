// SPDX-License-Identifier: MIT
/// @file
/// The inputs and weights of an LM head's loss, of which only the tokens that have a target count.
#pragma once

#include <ampsft/autograd/product.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace ampsft::detail {

/// Rows of the inputs for a chunk of tokens, and memory for all gradients, which are given to the tape at the end.
template <Scalar T>
class HeadInputs {
 public:
  HeadInputs() = default;

  /// `tokens`: the rows that count, or none if all do. `capacity`: most rows of a chunk. `twice`: whether the rows of
  /// an input are read again after those of its gradient were written.
  HeadInputs(Tape<T>& tape, const ProductSum<T>& products, Variable<T> bias, std::span<const std::int32_t> tokens,
             Index capacity, bool twice)
      : products_(products), bias_(bias), tokens_(tokens) {
    for (std::size_t i = 0; i < products.size() && products[i]; ++i) {
      const auto& [x, w, scale, frozen] = products[i];
      if (!tokens.empty()) {
        terms_[i].part = tape.save(capacity, x.cols());
      }
      if (x.requires_grad()) {
        terms_[i].dx = x.gradient_memory();
        if (!tokens.empty() && twice) {
          terms_[i].dpart = tape.save(capacity, x.cols());
          terms_[i].apart = true;
        }
      }
      if (w.requires_grad()) {
        terms_[i].dw = w.gradient_memory();
      }
    }
    if (bias.requires_grad()) {
      db_ = bias.gradient_memory();
    }
  }

  /// Zeros for the tokens that do not count.
  void clear_gradients() {
    for (std::size_t i = 0; i < products_.size() && !tokens_.empty(); ++i) {
      if (products_[i].x.requires_grad()) {
        map(*terms_[i].dx).setZero();
      }
    }
  }

  /// Takes the counted tokens `first` to `first + count` as the chunk.
  void begin(Index first, Index count) {
    first_ = first;
    count_ = count;
    for (std::size_t i = 0; i < products_.size() && products_[i] && !tokens_.empty(); ++i) {
      const Matrix<T>& x = products_[i].x.value();
      for (Index row = 0; row < count; ++row) {
        std::copy_n(x.data() + token(row) * cols(x), cols(x), terms_[i].part.data() + row * cols(x));
      }
    }
  }

  /// Puts the chunk's rows of the gradients in their places, unless they are there.
  void finish() {
    for (std::size_t i = 0; i < products_.size() && !tokens_.empty(); ++i) {
      if (products_[i].x.requires_grad()) {
        const MatrixMap<T> rows = dx(i);
        for (Index row = 0; row < count_; ++row) {
          map(*terms_[i].dx).row(token(row)) = rows.row(row);
        }
      }
    }
  }

  /// The chunk's rows of input `i`.
  [[nodiscard]] ConstMatrixMap<T> x(std::size_t i) const {
    const Variable<T>& x = products_[i].x;
    return {tokens_.empty() ? x.value().data() + first_ * x.cols() : terms_[i].part.data(), count_, x.cols()};
  }

  /// The chunk's rows of its gradient.
  [[nodiscard]] MatrixMap<T> dx(std::size_t i) {
    Term& term = terms_[i];
    const Index width = products_[i].x.cols();
    return {tokens_.empty() ? term.dx.data() + first_ * width : (term.apart ? term.dpart : term.part).data(), count_,
            width};
  }

  /// `count` rows of the gradient of weight `i`.
  [[nodiscard]] MatrixMap<T> dw(std::size_t i, Index first, Index count) {
    const Index width = products_[i].w.cols();
    return {terms_[i].dw.data() + first * width, count, width};
  }

  /// `count` numbers of the gradient of the bias.
  [[nodiscard]] MatrixMap<T> db(Index first, Index count) { return {db_.data() + first, 1, count}; }

  /// Whether gradients are added to what earlier chunks have left.
  [[nodiscard]] WriteMode mode() const noexcept { return first_ == 0 ? WriteMode::overwrite : WriteMode::add; }

  /// Gives all gradients, times a factor, to the tape.
  void give(T factor) {
    for (std::size_t i = 0; i < products_.size(); ++i) {
      give(products_[i].x, terms_[i].dx, factor);
      give(products_[i].w, terms_[i].dw, factor);
    }
    give(bias_, db_, factor);
  }

  /// Returns what only a chunk needs.
  void release_rows() {
    for (Term& term : terms_) {
      term.part = {};
      term.dpart = {};
    }
  }

 private:
  struct Term {
    Saved<T> part;   // of x, `capacity x d`: the rows that count
    Saved<T> dpart;  // of dx, the same, where x is needed meanwhile; else `part` is overwritten
    bool apart = false;
    Saved<T> dx;
    Saved<T> dw;
  };

  [[nodiscard]] Index token(Index row) const { return tokens_[static_cast<std::size_t>(first_ + row)]; }

  static void give(Variable<T> input, Saved<T>& gradient, T factor) {
    if (input.requires_grad()) {
      if (factor != T{1}) {
        flat(*gradient) *= factor;
      }
      input.give(gradient);
    }
  }

  ProductSum<T> products_;
  Variable<T> bias_;
  std::span<const std::int32_t> tokens_;
  Index first_ = 0;
  Index count_ = 0;
  std::array<Term, 2> terms_ = {};
  Saved<T> db_ = {};
};

}  // namespace ampsft::detail
