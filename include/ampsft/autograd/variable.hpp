// SPDX-License-Identifier: MIT
/// @file
/// The handle by which programs and operations hold a matrix on a tape; autograd/tape.hpp makes them.
#pragma once

#include <ampsft/autograd/gradient_sink.hpp>
#include <ampsft/autograd/storage_pool.hpp>
#include <ampsft/core/tensor.hpp>

namespace ampsft {

template <Scalar T>
class Tape;

/// Handle of a matrix on a tape; copies refer to the same matrix, a default one to none.
template <Scalar T>
class Variable {
 public:
  Variable() = default;

  /// Whether there is a matrix behind the handle.
  explicit operator bool() const noexcept { return tape_ != nullptr; }

  [[nodiscard]] Tape<T>& tape() const noexcept { return *tape_; }
  [[nodiscard]] Index id() const noexcept { return id_; }
  [[nodiscard]] Index rows() const noexcept { return tape_->node(id_).rows; }
  [[nodiscard]] Index cols() const noexcept { return tape_->node(id_).cols; }

  /// Throws `Error` if the value was released, or its tape only plans.
  [[nodiscard]] const Matrix<T>& value() const { return tape_->value(id_); }
  [[nodiscard]] ConstMatrixMap<T> map() const { return ampsft::map(value()); }

  /// Whether some trainable parameter lies behind this matrix. False for no matrix.
  [[nodiscard]] bool requires_grad() const { return tape_ != nullptr && tape_->node(id_).requires_grad; }

  /// Where a backward pass puts this matrix's gradient; call it once a pass, and only if `requires_grad()`.
  [[nodiscard]] GradientSink<T> sink() const { return tape_->sink(id_); }

  /// A matrix of this shape in which to make a gradient that is given later: a leaf's own gradient memory, if it is
  /// idle, else one of the tape's.
  [[nodiscard]] Saved<T> gradient_memory() const { return tape_->gradient_memory(id_); }

  /// Puts a whole gradient, instead of `sink()`; where it is the first, `gradient`'s memory is kept.
  void give(Saved<T>& gradient) const { tape_->give(id_, gradient); }

  /// The gradient of a tape's `input` after the backward pass.
  [[nodiscard]] Matrix<T>& gradient() const { return tape_->gradient(id_); }

  /// Says that no later operation will read the value: its memory returns to the tape, unless a backward pass reads
  /// it. The shape and the gradient stay.
  void release() const {
    if (tape_ != nullptr) {
      tape_->release(id_);
    }
  }

 private:
  friend class Tape<T>;
  Variable(Tape<T>& tape, Index id) noexcept : tape_(&tape), id_(id) {}

  Tape<T>* tape_ = nullptr;
  Index id_ = 0;
};

}  // namespace ampsft
