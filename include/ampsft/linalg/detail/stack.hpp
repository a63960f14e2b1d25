// SPDX-License-Identifier: MIT
/// @file
/// What all algorithms ask of a stack of row blocks: its checks, a first look, its rows tile by tile.
#pragma once

#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/linalg/row_block.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace ampsft::detail {

/// The blocks of one call, one above the other; rows are counted through all of them.
template <Scalar T>
class Stack {
 public:
  /// Throws on no blocks, no rows, or blocks of different widths.
  explicit Stack(std::span<const RowBlock<T>> blocks, const std::function<void(Index)>& on_rows = nullptr)
      : blocks_(blocks), on_rows_(on_rows) {
    require(!blocks.empty(), "a stack to decompose has no matrix in it");
    width_ = blocks.front().cols();
    for (const auto& block : blocks) {
      require(block.cols() == width_, "matrix '", block.name(), "' has rows of width ", block.cols(),
              " and cannot join the stack of '", blocks.front().name(), "' with rows of width ", width_);
      rows_ += block.rows();
    }
    require(rows_ >= 1 && width_ >= 1, "a singular value decomposition needs at least one row and one column");
  }

  [[nodiscard]] Index width() const noexcept { return width_; }
  [[nodiscard]] Index rows() const noexcept { return rows_; }

  /// Calls `body(rows)` for rows `begin` to `end` in order, at most `tile` at once; `rows` is a `ConstStridedMap<T>`
  /// that is valid during the call.
  template <class Body>
  void for_tiles(Index begin, Index end, Index tile, Body&& body) const {
    Matrix<T> buffer;
    Index start = 0;
    for (const auto& block : blocks_) {
      const Index last = std::min(end - start, block.rows());
      for (Index first = std::max<Index>(begin - start, 0); first < last; first += tile) {
        body(block.read(first, std::min(tile, last - first), buffer));
        if (on_rows_) {
          on_rows_(std::min(tile, last - first));
        }
      }
      start += block.rows();
    }
  }

  /// Throws an error that names the matrix and row of the first NaN or infinity; returns if there is none.
  void require_finite() const {
    Matrix<T> buffer;
    for (const auto& block : blocks_) {
      for (Index row = 0; row < block.rows(); ++row) {
        require(block.read(row, 1, buffer).allFinite(), "matrix '", block.name(),
                "' holds a NaN or an infinity in row ", row, " (counted from 0)");
      }
    }
  }

  /// Pieces of rows for threads: as many as there are threads, each worth starting one for.
  [[nodiscard]] Index pieces(Index least_rows) const {
    return std::clamp<Index>(rows_ / least_rows, 1, thread_count());
  }

 private:
  std::span<const RowBlock<T>> blocks_;
  std::function<void(Index)> on_rows_;
  Index rows_ = 0;
  Index width_ = 0;
};

/// A point near the mean of the rows, and a power of two by which what is left of them is of size one.
struct Frame {
  Eigen::RowVectorXd centre;
  double scale = 1.0;
};

/// The power of two nearest to `1 / size`, within the range of `T`; 1 for sizes that are 0 or not finite.
template <Scalar T>
double scale_for(double size) {
  if (!(size > 0.0) || !std::isfinite(size)) {
    return 1.0;
  }
  constexpr int most = std::numeric_limits<T>::max_exponent - 2;
  return std::ldexp(1.0, std::clamp(-std::ilogb(size), -most, most));
}

/// From up to 256 rows spread over the whole stack: so that products, which are centred on a mean that is nearly right,
/// cancel next to nothing when the exact one is known.
template <Scalar T>
Frame sampled_frame(const Stack<T>& stack) {
  constexpr Index most = 256;
  const Index count = std::min(most, stack.rows());
  EigenMatrix<double> sample(count, stack.width());
  for (Index i = 0; i < count; ++i) {
    const Index row = i * stack.rows() / count;
    stack.for_tiles(row, row + 1, 1, [&](const auto& rows) { sample.row(i) = rows.row(0).template cast<double>(); });
  }
  Frame frame{sample.colwise().mean(), 1.0};
  // In T, because kernels take it away in T.
  frame.centre = frame.centre.template cast<T>().template cast<double>();
  if (!frame.centre.allFinite()) {
    stack.require_finite();
    frame.centre.setZero();  // numbers near the largest, whose sum is too large
  }
  const double largest = (sample.rowwise() - frame.centre).cwiseAbs().maxCoeff();
  if (largest > 0.0 && std::isfinite(largest)) {
    const double mean_square =
        ((sample.rowwise() - frame.centre) / largest).squaredNorm() / static_cast<double>(sample.size());
    frame.scale = scale_for<T>(largest * std::sqrt(mean_square));
  }
  return frame;
}

/// By the largest element of the whole stack, where a sample has not shown the size of the numbers; one more pass.
/// Throws on a NaN or an infinity (matrix and row are named).
template <Scalar T>
void rescale(const Stack<T>& stack, Frame& frame) {
  double largest = 0.0;
  stack.for_tiles(0, stack.rows(), 256, [&](const auto& rows) {
    if (!rows.allFinite()) {
      stack.require_finite();
    }
    largest = std::max(largest, (rows.template cast<double>().rowwise() - frame.centre).cwiseAbs().maxCoeff());
  });
  frame.scale = scale_for<T>(largest);
}

}  // namespace ampsft::detail
