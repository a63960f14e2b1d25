// SPDX-License-Identifier: MIT
/// @file
/// Rows that all threads multiply with themselves, whose products go straight into one matrix.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/simd/detail/dispatch.hpp>
#include <ampsft/simd/detail/memory.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ampsft {

/// Some rows `x` of width `d`, packed in double as the kernel of Gram sums reads them: filled, centred, multiplied,
/// then filled again. `GramSums` (simd/gram.hpp) is the like for one thread, in float as well.
///
/// Threads share the product, not the rows, so that its memory does not grow with them, and the results are the same
/// bits whatever their number. Memory: `(d + 47) (rows + 1)` doubles.
template <Scalar T>
class GramPanels {
 public:
  /// Memory for `capacity` rows of `width` columns. Throws unless both are at least 1.
  GramPanels(Index width, Index capacity) : width_(width), capacity_(capacity) {
    require(width >= 1 && capacity >= 1, "rows to multiply must have a width and a count of at least 1, not ", width,
            " and ", capacity);
    simd::detail::with_level([&](auto code) { panel_ = decltype(code)::template gram_panel<double>; });
    panels_ = make_matrix<double>((width + panel_ - 1) / panel_, capacity * panel_);
  }

  /// Rows at once that are best for a width: they take at most the larger of `d^2 / 4` doubles and 256 KiB.
  [[nodiscard]] static Index best_rows(Index width) {
    constexpr Index most = 512;  // more save nothing beside their own products
    const Index doubles = std::max(Index{1} << 15, width * width / 4);
    return std::clamp<Index>(doubles / simd::detail::round_up(width, widest_panel), 1, most);
  }

  [[nodiscard]] Index width() const noexcept { return width_; }
  [[nodiscard]] Index capacity() const noexcept { return capacity_; }

  /// Copies rows, `n x width`, to places `first` to `first + n`; several threads may fill different places at once.
  /// Throws unless they fit.
  void put(Index first, const ConstView<T>& rows) {
    require_places(first, rows.rows(), rows.cols());
    put_rows(first, rows);
  }

  /// The same for one row in double, `1 x width`.
  void put_row(Index place, const ConstView<double>& row) {
    require_places(place, row.rows(), row.cols());
    put_rows(place, row);
  }

  /// Takes the mean of the first `count` rows away from them and gives it, `1 x width`. Returns the sum of the squares
  /// of what was there: 0 only if all elements were, not finite if one was not.
  double centre(Index count, MatrixMap<double> mean);

  /// Adds ``sum x' x`` of the first `count` rows to the lower triangle of a `width x width` matrix; what stands above
  /// it means nothing afterwards. Time: `count width^2 / 2` multiply-adds. Throws if the shapes differ.
  void add_products(Index count, MatrixMap<double> lower) const;

 private:
  static constexpr Index widest_panel = 48;  // a multiple of every level's
  static constexpr Index block_rows = 48;    // of the product, in a task of a thread
  static constexpr Index most_depth = 272;   // rows that stay in the cache while a panel passes

  template <class Row>
  void put_rows(Index first, const Row& rows);
  template <class Code>
  void add_block(Index count, Index block, Index panel, MatrixMap<double> lower) const;

  [[nodiscard]] double* panel_rows(Index panel) { return panels_.data() + panel * capacity_ * panel_; }

  void require_places(Index first, Index count, Index cols) const {
    require(cols == width_ && first >= 0 && count <= capacity_ - first, count, " rows of width ", cols,
            " do not fit places from ", first, " on of ", capacity_, " for a width of ", width_);
  }

  Index width_;
  Index capacity_;
  Index panel_ = 0;
  Matrix<double> panels_;  // panels x (capacity panel), zeros after the last column
};

template <Scalar T>
template <class Row>
void GramPanels<T>::put_rows(Index first, const Row& rows) {
  using Stored = typename Row::Scalar;
  simd::detail::with_level([&](auto code) {
    constexpr Index panel = decltype(code)::template gram_panel<double>;
    for (Index row = 0; row < rows.rows(); ++row) {
      const Stored* const x = rows.data() + row * rows.outerStride();
      for (Index col = 0; col < width_; col += panel) {
        double* const to = panel_rows(col / panel) + (first + row) * panel;
        if (col + panel <= width_) {
          Eigen::Map<Eigen::Array<double, panel, 1>> line(to);
          line = Eigen::Map<const Eigen::Array<Stored, panel, 1>>(x + col).template cast<double>();
        } else {
          std::fill(std::copy(x + col, x + width_, to), to + panel, 0.0);
        }
      }
    }
  });
}

template <Scalar T>
double GramPanels<T>::centre(Index count, MatrixMap<double> mean) {
  require_places(0, count, mean.cols());
  require(count >= 1 && mean.rows() == 1, "the mean of ", count, " rows is no row, but ", mean.rows(), " rows");
  double sum_of_squares = 0.0;
  simd::detail::with_level([&](auto code) {
    constexpr Index panel = decltype(code)::template gram_panel<double>;
    using Line = Eigen::Array<double, panel, 1>;
    const Index panels = (width_ + panel - 1) / panel;
    Matrix<double> squares = make_matrix<double>(1, panels);
    parallel_for(panels, (Index{1} << 14) / (count * panel) + 1, [&](Index begin, Index end) {
      for (Index p = begin; p < end; ++p) {
        double* const rows = panel_rows(p);
        const auto line = [&](Index row) { return Eigen::Map<Line>(rows + row * panel); };
        Line sum = Line::Zero();
        Line square = Line::Zero();
        bool any = false;
        for (Index row = 0; row < count; ++row) {
          sum += line(row);
          square += line(row).square();
        }
        squares(0, static_cast<std::size_t>(p)) = square.sum();
        for (Index row = 0; row < count && square.sum() == 0.0 && !any; ++row) {
          any = (line(row) != 0.0).any();
        }
        if (any) {  // squares that vanish
          squares(0, static_cast<std::size_t>(p)) = std::numeric_limits<double>::denorm_min();
        }
        sum /= static_cast<double>(count);
        for (Index row = 0; row < count; ++row) {
          line(row) -= sum;
        }
        const Index cols = std::min(panel, width_ - p * panel);
        std::copy_n(sum.data(), cols, mean.data() + p * panel);
      }
    });
    sum_of_squares = map(squares).sum();
  });
  return sum_of_squares;
}

template <Scalar T>
void GramPanels<T>::add_products(Index count, MatrixMap<double> lower) const {
  require_places(0, count, width_);
  require(lower.rows() == width_ && lower.cols() == width_, "products of rows of width ", width_,
          " are not added to a matrix of ", lower.rows(), " x ", lower.cols());
  simd::detail::with_level([&](auto code) {
    using Code = decltype(code);
    constexpr Index panel = Code::template gram_panel<double>;
    static_assert(block_rows % panel == 0 && widest_panel % panel == 0);
    require(panel == panel_, "rows were packed for panels of ", panel_, " columns, not of ", panel,
            "; keep the level of the kernels while they are used");
    // Block `b` of rows meets the panels that begin before its end: `b (b + 1) / 2` times some before it.
    constexpr Index per_block = block_rows / panel;
    const Index panels = (width_ + panel - 1) / panel;
    const Index blocks = (width_ + block_rows - 1) / block_rows;
    const Index tasks = per_block * (blocks - 1) * blocks / 2 + panels;
    parallel_for(tasks, (Index{1} << 17) / (count * block_rows * panel) + 1, [&](Index begin, Index end) {
      Index block = 0;
      while (per_block * (block + 1) * (block + 2) / 2 <= begin) {
        ++block;
      }
      for (Index task = begin; task < end; ++task) {
        if (task >= per_block * (block + 1) * (block + 2) / 2) {
          ++block;
        }
        add_block<Code>(count, block, task - per_block * block * (block + 1) / 2, lower);
      }
    });
  });
}

/// Where the block and the panel meet; at the edges of the matrix in a copy, for the kernel writes whole tiles.
template <Scalar T>
template <class Code>
void GramPanels<T>::add_block(Index count, Index block, Index panel, MatrixMap<double> lower) const {
  constexpr Index width = Code::template gram_panel<double>;
  const Index col = panel * width;
  const Index row = std::max(block * block_rows, col);
  const Index end = std::min((block + 1) * block_rows, width_);
  const Index parts = (count + most_depth - 1) / most_depth;
  const auto multiply = [&](double* sums, Index sums_row) {
    for (Index part = 0; part < parts; ++part) {
      const Index first = count * part / parts;
      Code::gram(simd::detail::Gram<double>{count * (part + 1) / parts - first, panels_.data() + first * width,
                                            capacity_ * width, row, end, col, sums, sums_row});
    }
  };
  if ((block + 1) * block_rows <= width_ && col + width <= width_) {
    multiply(lower.data() + row * width_ + col, width_);
    return;
  }
  alignas(64) double copy[block_rows * width] = {};
  multiply(copy, width);
  for (Index i = row; i < end; ++i) {
    for (Index j = col; j <= std::min(i, col + width - 1); ++j) {
      lower(i, j) += copy[(i - row) * width + j - col];
    }
  }
}

AMPSFT_INSTANCE(class GramPanels<float>);
AMPSFT_INSTANCE(class GramPanels<double>);

}  // namespace ampsft
