// SPDX-License-Identifier: MIT
/// @file
/// Matrices and batches of them for the kernels: where they lie, and checks of what goes together.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/view.hpp>

#include <concepts>
#include <type_traits>

namespace ampsft {

/// An Eigen matrix or view whose rows are contiguous: row-major, or a column, whose elements are its rows.
template <class Derived, class Plain = std::remove_cvref_t<Derived>>
inline constexpr bool has_contiguous_rows = (static_cast<bool>(Plain::IsRowMajor) ||
                                             static_cast<int>(Plain::ColsAtCompileTime) == 1) &&
                                            static_cast<int>(Plain::InnerStrideAtCompileTime) == 1;

/// A row-major matrix that lives anywhere: `rows x cols`, rows `stride` elements apart. What a view is made of, light
/// enough for lists of matrices; `T` is const where it is only read.
template <class T>
struct MatrixRef {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index stride = 0;

  MatrixRef() = default;
  MatrixRef(T* first, Index row_count, Index col_count, Index row_stride)
      : data(first), rows(row_count), cols(col_count), stride(row_stride) {}

  template <class Derived>
  requires(std::convertible_to<decltype(std::declval<Derived&>().data()), T*>&& has_contiguous_rows<Derived>)
      MatrixRef(Derived&& view)  // NOLINT(google-explicit-constructor): a view of a view
      : MatrixRef(
            view.data(), view.rows(), view.cols(),
            static_cast<bool>(std::remove_cvref_t<Derived>::IsRowMajor) ? view.outerStride() : view.innerStride()) {}
};

/// One matrix of a batch for `reconstruct`: scores `n x K` in, weights `n x d` out. `base` may be `weights` itself.
template <Scalar T, Storage W = T>
struct ReconstructJob {
  MatrixRef<const T> scores;
  MatrixRef<W> weights;
  MatrixRef<const W> base{};  ///< `n x d`, or without rows: nothing is added
};

/// One matrix of a batch for `project`: gradient `n x d` in, scores' gradient `n x K` out.
template <Scalar T, Storage X = T>
struct ProjectJob {
  MatrixRef<const X> gradient;
  MatrixRef<T> scores;
};

/// One matrix of a batch for `extract`: weights `n x d` in, scores `n x K` out, and the squared norms of what they
/// miss.
template <Scalar T, Storage X = T>
struct ExtractJob {
  MatrixRef<const X> weights;
  MatrixRef<T> scores;
  MatrixRef<T> residuals{};  ///< `1 x n`, or without rows: not wanted
};

/// Whether a result replaces what is there or is added to it.
enum class WriteMode { overwrite, add };

namespace simd::detail {

template <class T>
void require_mean(const ConstView<T>& mean, Index width) {
  require(mean.rows() == 0 || (mean.rows() == 1 && mean.cols() == width), "the mean is ", mean.rows(), " x ",
          mean.cols(), ", expected 1 x ", width, " or no rows");
}

/// `S` (`n x K`) belongs to `W` (`n x d`) by `B` (`K x d`).
inline void require_scores(Index score_rows, Index score_cols, Index rank, Index width, Index weight_rows,
                           Index weight_cols) {
  require(rank >= 1, "the basis has no components");
  require(weight_cols == width, "the weights have rows of width ", weight_cols, ", the basis of width ", width);
  require(score_rows == weight_rows && score_cols == rank, "the scores are ", score_rows, " x ", score_cols,
          ", expected ", weight_rows, " x ", rank);
}

template <class T>
const T* data_or_null(const ConstView<T>& matrix) {
  return matrix.rows() > 0 ? matrix.data() : nullptr;
}

}  // namespace simd::detail
}  // namespace ampsft
