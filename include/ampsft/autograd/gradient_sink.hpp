// SPDX-License-Identifier: MIT
/// @file
/// Where an operation's backward pass puts the gradient of one input.
#pragma once

#include <ampsft/core/tensor.hpp>
#include <ampsft/simd/matrix_ref.hpp>

namespace ampsft {

/// Adds to a gradient, or writes it when nothing was added before: the first contribution costs no fill and no read.
///
/// An operation asks for a sink once and then covers every element of it, in pieces if it likes.
template <Scalar T>
class GradientSink {
 public:
  GradientSink(Matrix<T>& gradient, bool first) noexcept : gradient_(&gradient), first_(first) {}

  /// Whether the caller, who fills all of `map()` by itself, must add to what is there.
  [[nodiscard]] WriteMode mode() const noexcept { return first_ ? WriteMode::overwrite : WriteMode::add; }

  /// All of the gradient, for taking the blocks that `add` fills.
  [[nodiscard]] MatrixMap<T> map() const noexcept { return ampsft::map(*gradient_); }

  /// Puts `expression` into `block`, a block of `map()` that no other call covers.
  template <class Block, class Expression>
  void add(Block&& block, const Expression& expression) const {
    if (first_) {
      block.noalias() = expression;
    } else {
      block.noalias() += expression;
    }
  }

  /// Puts `expression` into the whole gradient.
  template <class Expression>
  void add(const Expression& expression) const {
    add(map(), expression);
  }

  /// The gradient made ready for scattered additions: zero where nothing was added before.
  [[nodiscard]] MatrixMap<T> zeroed() const {
    if (first_) {
      map().setZero();
    }
    return map();
  }

 private:
  Matrix<T>* gradient_;
  bool first_;
};

}  // namespace ampsft
