// SPDX-License-Identifier: MIT
/// @file
/// Pieces of a computation whose values are not kept but computed again in the backward pass.
#pragma once

#include <ampsft/autograd/tape.hpp>

#include <utility>

namespace ampsft {
namespace ops {

/// `y = segment(x)`, of which only `x` is kept (Chen et al. 2016).
template <Scalar T, class Segment>
struct Checkpoint {
  Variable<T> x;
  Segment segment;

  static constexpr bool needs_result = false;

  [[nodiscard]] Index rows() const { return x.rows(); }
  [[nodiscard]] Index cols() const { return x.cols(); }

  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(x, NeedsInput::value);
  }

  void forward(Matrix<T>& y) const {
    const Variable<T> result = run(TapeMode::recompute);
    require(result.rows() == rows() && result.cols() == cols(), "checkpoint: a segment of ", rows(), " x ", cols(),
            " gave ", result.rows(), " x ", result.cols());
    y = result.value();
    result.tape().clear();
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    Tape<T>& inner = x.tape().inner(TapeMode::training);
    const Variable<T> in = inner.input(x);
    inner.backward(segment(in), dy);
    x.sink().add(map(in.gradient()));
    inner.clear();
  }

  void plan_forward() const { run(TapeMode::recompute).tape().clear(); }

  void plan_backward() const {
    Tape<T>& inner = x.tape().inner(TapeMode::training);
    inner.backward(segment(inner.input(x)), Matrix<T>{});
    static_cast<void>(x.sink());
    inner.clear();
  }

 private:
  [[nodiscard]] Variable<T> run(TapeMode mode) const { return segment(x.tape().inner(mode).input(x)); }
};

}  // namespace ops

/// `segment(x)`, whose values are computed again in the backward pass instead of kept.
///
/// `segment` takes a variable, on whichever tape it lies, and returns one of `x`'s shape; it runs twice and must
/// compute the same each time. Where `x` needs no gradient, or nothing is recorded, it simply runs. Cost: the segment's
/// forward pass once more. Memory: `x`, and while it runs backward what the segment would have kept.
template <Scalar T, class Segment>
[[nodiscard]] Variable<T> checkpoint(Variable<T> x, Segment segment) {
  if (!x.requires_grad()) {
    return segment(x);
  }
  return x.tape().apply(ops::Checkpoint<T, Segment>{x, std::move(segment)});
}

}  // namespace ampsft
