// SPDX-License-Identifier: MIT
/// @file
/// How rows are packed and multiplied.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/simd/detail/memory.hpp>
#include <ampsft/simd/detail/with_level.hpp>
#include <ampsft/simd/gram_panels.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ampsft {

template <Scalar T>
GramPanels<T>::GramPanels(Index width, Index capacity) : width_(width), capacity_(capacity) {
  require(width >= 1 && capacity >= 1, "rows to multiply must have a width and a count of at least 1, not ", width,
          " and ", capacity);
  simd::detail::with_level([&](auto code) { panel_ = decltype(code)::template gram_panel<double>; });
  panels_ = make_matrix<double>((width + panel_ - 1) / panel_, capacity * panel_);
}

template <Scalar T>
Index GramPanels<T>::best_rows(Index width) {
  constexpr Index most = 512;  // more save nothing beside their own products
  const Index doubles = std::max(Index{1} << 15, width * width / 4);
  return std::clamp<Index>(doubles / simd::detail::round_up(width, widest_panel), 1, most);
}

template <Scalar T>
void GramPanels<T>::put(Index first, const ConstView<T>& rows) {
  require_places(first, rows.rows(), rows.cols());
  put_rows(first, rows);
}

template <Scalar T>
void GramPanels<T>::put_row(Index place, const ConstView<double>& row) {
  require_places(place, row.rows(), row.cols());
  put_rows(place, row);
}

template <Scalar T>
void GramPanels<T>::require_places(Index first, Index count, Index cols) const {
  require(cols == width_ && first >= 0 && count <= capacity_ - first, count, " rows of width ", cols,
          " do not fit places from ", first, " on of ", capacity_, " for a width of ", width_);
}

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
