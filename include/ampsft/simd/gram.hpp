// SPDX-License-Identifier: MIT
/// @file
/// The symmetric product of tall rows with themselves, centred while they are read.
#pragma once

#include <ampsft/core/aligned_allocator.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/view.hpp>
#include <ampsft/simd/detail/memory.hpp>
#include <ampsft/simd/detail/with_level.hpp>

#include <algorithm>
#include <functional>
#include <vector>

namespace ampsft {

/// Sums `s^2 (x - centre)' (x - centre)` and `s (x - centre)` of rows `x` of one width, by one thread.
///
/// Rows are packed in tiles that stay in a cache. Products are summed in `T` within a tile of 256 rows, and beyond it
/// in double. So for float each element is off by some `1e-7` of the geometric mean of its two diagonal elements, less
/// where many tiles' errors cancel; for double it is exact to double's rounding.
///
/// Memory: `d^2` doubles and `256 d` numbers a thread. Time: a row takes `d^2 / 2` multiply-adds.
template <Scalar T>
class GramSums {
 public:
  /// `centre`: `1 x d`, near the mean of the rows, to be taken away; `scale`: a power of two by which the squares of
  /// what is left neither overflow nor vanish. Throws unless the width is at least 1.
  GramSums(const ConstView<T>& centre, T scale) : width_(centre.cols()), scale_(scale) {
    require(centre.rows() == 1 && width_ >= 1, "a centre is 1 x d with d at least 1, not ", centre.rows(), " x ",
            width_);
    centre_.assign(centre.data(), centre.data() + width_);
    stride_ = simd::detail::round_up(width_, most_panel);
    sums_.assign(static_cast<std::size_t>(stride_ * stride_), 0.0);
    column_sums_.assign(static_cast<std::size_t>(stride_), 0.0);
  }

  /// Adds rows, `n x d`. What is not finite makes `trace()` not finite. Throws if the width differs.
  void add(const ConstView<T>& rows);

  /// Adds what another has summed around the same centre with the same scale.
  void merge(const GramSums& other) {
    require(other.width_ == width_ && other.scale_ == scale_ && other.centre_ == centre_,
            "only sums around the same centre, with the same scale, can be merged");
    std::transform(sums_.begin(), sums_.end(), other.sums_.begin(), sums_.begin(), std::plus<>());
    std::transform(column_sums_.begin(), column_sums_.end(), other.column_sums_.begin(), column_sums_.begin(),
                   std::plus<>());
    count_ += other.count_;
  }

  [[nodiscard]] Index width() const noexcept { return width_; }

  /// Rows added.
  [[nodiscard]] Index count() const noexcept { return count_; }

  /// `s^2 sum (x - centre)' (x - centre)`, `d x d`: its lower triangle counts, what stands above is of no meaning.
  [[nodiscard]] ConstStridedMap<double> lower() const noexcept {
    return {sums_.data(), width_, width_, Eigen::OuterStride<>(stride_)};
  }

  /// `s sum (x - centre)`, `1 x d`.
  [[nodiscard]] ConstMatrixMap<double> column_sums() const noexcept { return {column_sums_.data(), 1, width_}; }

  /// `s^2 sum |x - centre|^2`; not finite if an element is not, or if `T` cannot hold the squares.
  [[nodiscard]] double trace() const noexcept { return lower().trace(); }

  /// Rows whose products are summed in `T`. (Measured: 64 to 512 differ by a tenth.)
  static constexpr Index tile_rows = 256;

 private:
  static constexpr Index most_panel = 48;  // a multiple of every architecture's panel

  Index width_;
  T scale_;
  Index count_ = 0;
  Index stride_ = 0;
  std::vector<T> centre_;
  std::vector<double, AlignedAllocator<double>> sums_;  // stride x stride, whole panels
  std::vector<double, AlignedAllocator<double>> column_sums_;
};

template <Scalar T>
void GramSums<T>::add(const ConstView<T>& rows) {
  require(rows.cols() == width_, "rows of width ", rows.cols(), " cannot join sums of width ", width_);
  simd::detail::with_level([&](auto code) {
    using Code = decltype(code);
    constexpr Index panel = Code::template gram_panel<T>;
    static_assert(most_panel % panel == 0);
    struct Use;
    T* const panels = simd::detail::scratch<Use, T>(tile_rows * simd::detail::round_up(width_, panel));
    for (Index first = 0; first < rows.rows(); first += tile_rows) {
      const Index count = std::min(tile_rows, rows.rows() - first);
      const T* const x = rows.data() + first * rows.outerStride();
      Code::panels(simd::detail::Panels<T>{count, width_, x, rows.outerStride(), centre_.data(), scale_, panels, panel,
                                           count * panel, column_sums_.data(), rows.rows() - first});
      for (Index col = 0; col < width_; col += panel) {
        Code::gram(simd::detail::Gram<T>{count, panels, count * panel, col, width_, col,
                                         sums_.data() + col * stride_ + col, stride_});
      }
    }
  });
  count_ += rows.rows();
}

AMPSFT_INSTANCE(class GramSums<float>);
AMPSFT_INSTANCE(class GramSums<double>);

}  // namespace ampsft
