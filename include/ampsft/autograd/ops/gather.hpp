// SPDX-License-Identifier: MIT
/// @file
/// Rows of a matrix by index: the embedding lookup.
#pragma once

#include <ampsft/autograd/frozen_weight.hpp>
#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <cstdint>
#include <span>

namespace ampsft {
namespace ops {

/// `y[t] = w[row[t]]`, `T x d`.
template <Scalar T>
struct Gather {
  Variable<T> w;  // n x d
  Saved<std::int32_t> row;
  Index count;

  [[nodiscard]] Index rows() const { return count; }
  [[nodiscard]] Index cols() const { return w.cols(); }

  static constexpr bool needs_result = false;
  template <class Visit>
  void inputs(Visit&& visit) const {
    visit(w, NeedsInput::shape);
  }

  void forward(Matrix<T>& y) const {
    parallel_for(count, 16, [&](Index begin, Index end) {
      for (Index t = begin; t < end; ++t) {
        std::copy_n(w.value().data() + row.data()[t] * cols(), cols(), y.data() + t * cols());
      }
    });
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    auto dw = w.sink().zeroed();
    for (Index t = 0; t < rows(); ++t) {  // in order: repeated rows add up the same way every time
      dw.row(row.data()[t]) += map(dy).row(t);
    }
  }
};

/// The same from a weight in another form.
template <Scalar T>
struct GatherFrozen {
  const FrozenWeight<T>* w;
  Saved<std::int32_t> row;
  Index count;

  static constexpr bool needs_result = false;

  [[nodiscard]] Index rows() const { return count; }
  [[nodiscard]] Index cols() const { return w->cols(); }

  template <class Visit>
  void inputs(Visit&&) const {}

  void forward(Matrix<T>& y) const {
    parallel_for(count, 16, [&](Index begin, Index end) {
      for (Index t = begin; t < end; ++t) {
        w->copy_row(row.data()[t], y.data() + t * cols());
      }
    });
  }

  void backward(const Matrix<T>&, const Matrix<T>&) const {}
};

}  // namespace ops

/// The rows of `w` (`n x d`) with the given indices, `T x d`. Throws `Error` for an index outside of `[0, n)`.
template <Scalar T>
[[nodiscard]] Variable<T> gather(Variable<T> w, std::span<const std::int32_t> row) {
  for (const auto index : row) {
    require(index >= 0 && index < w.rows(), "gather: there is no row ", index, " in a matrix of ", w.rows(), " rows");
  }
  return w.tape().apply(ops::Gather<T>{w, w.tape().save(row), static_cast<Index>(row.size())});
}

/// The rows of a weight in another form, which must outlive the tape's use; nothing is differentiated.
template <Scalar T>
[[nodiscard]] Variable<T> gather_frozen(Tape<T>& tape, const FrozenWeight<T>& w, std::span<const std::int32_t> row) {
  for (const auto index : row) {
    require(index >= 0 && index < w.rows(), "gather: there is no row ", index, " in a matrix of ", w.rows(), " rows");
  }
  return tape.apply(ops::GatherFrozen<T>{&w, tape.save(row), static_cast<Index>(row.size())});
}

AMPSFT_INSTANCE(Variable<float> gather(Variable<float>, std::span<const std::int32_t>));
AMPSFT_INSTANCE(Variable<double> gather(Variable<double>, std::span<const std::int32_t>));

}  // namespace ampsft
