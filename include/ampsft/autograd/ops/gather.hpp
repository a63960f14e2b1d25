// SPDX-License-Identifier: MIT
/// @file
/// Rows of a matrix by index: the embedding lookup.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/core/instances.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace ampsft {
namespace ops {

/// `y[t] = w[row[t]]`, `T x d`.
template <Scalar T>
struct Gather {
  Variable<T> w;  // n x d
  std::vector<std::int32_t> row;

  [[nodiscard]] Index rows() const { return static_cast<Index>(row.size()); }
  [[nodiscard]] Index cols() const { return w.cols(); }
  [[nodiscard]] bool needs_gradient() const { return w.requires_grad(); }

  void forward(Matrix<T>& y) const {
    for (Index t = 0; t < rows(); ++t) {
      map(y).row(t) = w.map().row(row[static_cast<std::size_t>(t)]);
    }
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    auto dw = w.sink().zeroed();
    for (Index t = 0; t < rows(); ++t) {  // in order: repeated rows add up the same way every time
      dw.row(row[static_cast<std::size_t>(t)]) += map(dy).row(t);
    }
  }
};

}  // namespace ops

/// The rows of `w` (`n x d`) with the given indices, `T x d`. Throws `Error` for an index outside of `[0, n)`.
template <Scalar T>
[[nodiscard]] Variable<T> gather(Variable<T> w, std::span<const std::int32_t> row) {
  for (const auto index : row) {
    require(index >= 0 && index < w.rows(), "gather: there is no row ", index, " in a matrix of ", w.rows(), " rows");
  }
  return w.tape().apply(ops::Gather<T>{w, {row.begin(), row.end()}});
}

AMPSFT_INSTANCE(Variable<float> gather(Variable<float>, std::span<const std::int32_t>));
AMPSFT_INSTANCE(Variable<double> gather(Variable<double>, std::span<const std::int32_t>));

}  // namespace ampsft
